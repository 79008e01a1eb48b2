/**
 * The address of an environment in tests: passes requests to a running service, or fails while a
 * broken image is live.
 */

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Front {
  readonly url: string;
  close(): void;
}

/** An API key that the service does not accept any more. */
export const EXPIRED_KEY = 'cars_expired';

/** @param service the address of a running service, in the place of a good image. */
export function startFront(service: string, isBroken: () => boolean): Promise<Front> {
  return listen(async (request, response) => {
    if (isBroken() && request.url?.startsWith('/cars')) {
      response.writeHead(500).end('out of order');
      return;
    }
    if (request.headers.authorization === `Bearer ${EXPIRED_KEY}`) {
      response.writeHead(401).end();
      return;
    }
    const body = await buffer(request);
    const { host, connection, ...headers } = request.headers as Record<string, string>;
    const answer = await fetch(service + request.url, {
      method: request.method ?? 'GET',
      headers,
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
    const text = await answer.text();
    const { etag } = Object.fromEntries(answer.headers);
    response.writeHead(answer.status, etag === undefined ? {} : { etag }).end(text);
  });
}

/** Starts a server on a free port of 127.0.0.1. */
export async function listen(answer: RequestListener): Promise<Front> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => void server.close(),
  };
}
