/** A trace collector whose error answers repeat the request, as a proxy in debug mode does. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface EchoingCollector {
  readonly url: URL;
  /** The header fields of each export, as JSON. */
  readonly heads: readonly string[];
  readonly bodies: readonly string[];
}

/** Listens on a free port until the test ends, and answers with this status. */
export async function startEchoingCollector(status: number): Promise<EchoingCollector> {
  const heads: string[] = [];
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    heads.push(JSON.stringify(request.headers));
    bodies.push(await text(request));
    const answer = status < 300 ? '{}' : JSON.stringify({ url: request.url, headers: request.headers });
    response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), heads, bodies };
}
