/** A collector of traces that repeats in its answer all that it was sent, as a proxy does that somebody left in debugging. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface TellingCollector {
  readonly url: URL;
  /** The header fields of each export, as JSON. */
  readonly heads: readonly string[];
  readonly bodies: readonly string[];
}

/** Starts one on a port that the system chooses, which answers with this status; it ends with the test. */
export async function startTellingCollector(status: number): Promise<TellingCollector> {
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
