/** Callers of the service: requests on kept connections, each with its outcome, and calls that are repeated until done. */

import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

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

/**
 * Repeats a call that is safe to repeat until it has an answer that is neither a 503 nor a broken connection: what a
 * careful client does. Throws when none came within `patience` milliseconds.
 */
export async function sendUntilDone(caller: Caller, call: Call, patience = 60_000): Promise<Answer> {
  const begun = performance.now();
  for (;;) {
    const answer = await caller.send(call).catch((error: Error) => error);
    if (!(answer instanceof Error) && answer.status !== 503) return answer;
    if (performance.now() - begun > patience) {
      const last = answer instanceof Error ? answer.message : answer.text;
      throw new Error(`${call.method ?? 'GET'} ${call.path} was not done within ${patience} ms: ${last}`);
    }
    await sleep(50 + Math.random() * 100);
  }
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
