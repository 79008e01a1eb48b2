/** A proxy before a running service that makes requests fail, as networks and gateways do. */

import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

/** What happens to one request. */
export type Fault =
  | 'pass'
  /** The connection breaks before the service receives the request. */
  | 'cut-before'
  /** The service answers, but the connection breaks before the client receives anything. */
  | 'cut-after'
  /** Nobody answers. */
  | 'hang'
  /** The connection breaks after this many bytes of the answer's body. */
  | { readonly cutAt: number }
  /** The same, but the connection stays open. */
  | { readonly stallAt: number }
  /** The proxy answers by itself. */
  | OwnAnswer;

interface OwnAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The answer never ends: nothing follows the body, or the body is sent again and again. */
  readonly endless?: 'stalled' | 'repeated';
}

export interface SeenRequest {
  /** On the clock of `performance.now()`. */
  readonly time: number;
  readonly method: string;
  readonly path: string;
  readonly idempotencyKey: string | undefined;
}

export type FaultyProxy = Awaited<ReturnType<typeof startFaultyProxy>>;

export async function startFaultyProxy(target: string) {
  let faults: Fault[] = [];
  let requests: SeenRequest[] = [];
  let onRequest = () => {};

  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    const idempotencyKey = headers['idempotency-key']?.toString();
    requests.push({ time: performance.now(), method, path, idempotencyKey });
    const fault = faults.shift() ?? 'pass';
    const body = await buffer(request);
    onRequest();
    if (fault === 'cut-before') response.destroy();
    else if (fault === 'hang') return;
    else if (typeof fault === 'object' && 'status' in fault) answerBySelf(response, fault);
    else pass(request, body, response, fault);
  });

  function pass(request: IncomingMessage, body: Buffer, response: ServerResponse, fault: Fault): void {
    const { method, headers } = request;
    const upstream = forward(new URL(request.url ?? '', target), { method, headers, agent: false });
    upstream.on('response', async (answer) => {
      if (fault === 'cut-after') {
        await buffer(answer);
        response.destroy();
        return;
      }
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      let left = bytesToPass(fault);
      answer.on('data', (chunk: Buffer) => {
        const part = chunk.subarray(0, left);
        left -= part.length;
        const cut = () => left <= 0 && typeof fault === 'object' && 'cutAt' in fault && response.destroy();
        response.write(part, cut);
      });
      answer.on('end', () => left > 0 && response.end());
      answer.on('error', () => response.destroy());
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    upstream.end(body);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    /** The requests since the last plan. */
    requests: (): readonly SeenRequest[] => requests,
    /** Says what happens to the next requests, one after another. Later ones pass. */
    plan(...next: readonly Fault[]): void {
      faults = [...next];
      requests = [];
      onRequest = () => {};
    },
    /** Resolves when the next request has arrived. */
    arrival: () =>
      new Promise<void>((resolve) => {
        onRequest = resolve;
      }),
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answerBySelf(response: ServerResponse, { status, headers, body = '', endless }: OwnAnswer): void {
  response.writeHead(status, headers);
  if (endless === undefined) response.end(body);
  else if (endless === 'stalled') response.write(body);
  else Readable.from(repeat(body)).pipe(response);
}

function* repeat(text: string): Generator<string> {
  for (;;) yield text;
}

function bytesToPass(fault: Fault): number {
  if (typeof fault === 'string' || 'status' in fault) return Number.POSITIVE_INFINITY;
  return 'cutAt' in fault ? fault.cutAt : fault.stallAt;
}
