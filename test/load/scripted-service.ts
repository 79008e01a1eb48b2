/**
 * A server whose answers a test chooses, for failures that a real service cannot be made to have.
 */

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Received {
  /** On the clock of `performance.now()`. */
  readonly time: number;
  readonly body: string;
  readonly idempotencyKey: string;
}

export interface ScriptedService {
  readonly url: string;
  readonly received: readonly Received[];
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** Calls `answer` for each request, with its number from 0. */
export async function scriptService(
  answer: (response: ServerResponse, n: number) => void,
): Promise<ScriptedService> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const n = received.length;
    const entry = { time: performance.now(), idempotencyKey: String(request.headers['idempotency-key']) };
    received.push({ ...entry, body: '' });
    received[n] = { ...entry, body: await text(request) };
    answer(response, n);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers a batch whose rows were all created, or created before. */
export function created(response: ServerResponse, rows: number, replayed = false): void {
  response
    .writeHead(200, {
      'content-type': 'application/json',
      ...(replayed && { 'idempotency-replayed': 'true' }),
    })
    .end(JSON.stringify({ created: rows, ids: [[1, rows]], rejected: [] }));
}

export function problem(
  response: ServerResponse,
  status: number,
  members: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): void {
  response
    .writeHead(status, { 'content-type': 'application/problem+json', ...headers })
    .end(JSON.stringify({ status, ...members }));
}
