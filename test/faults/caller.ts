/** Clients of the service: requests on connections that are kept open, each with its outcome. */

import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Call {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface Caller {
  /** Rejects when the connection fails, or after `timeout` milliseconds. */
  send(call: Call, timeout?: number): Promise<Answer>;
  close(): void;
}

/** @param connections the most at once; more requests wait for one of them. */
export function createCaller(url: string, connections = 64): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    close: () => agent.destroy(),
    send: ({ method = 'GET', path, headers = {}, body }, timeout = 10_000) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? undefined : JSON.stringify(body);
        const type = text === undefined ? {} : { 'content-type': 'application/json' };
        const length = text === undefined ? {} : { 'content-length': Buffer.byteLength(text) };
        const sent = request(
          `${url}${path}`,
          { method, agent, headers: { ...type, ...length, ...headers }, timeout },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('error', reject);
            response.on('end', () => {
              const { statusCode: status = 0, headers: answered } = response;
              resolve({ status, headers: answered, text: Buffer.concat(chunks).toString() });
            });
          },
        );
        sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeout} ms`)));
        sent.on('error', reject);
        sent.end(text);
      }),
  };
}

/** Runs `work` with each of `items`, `at once` of them at a time. */
export async function forEachOf<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = left.next(); !next.done; next = left.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
