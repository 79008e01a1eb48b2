/** Puts a database further away: a proxy that holds back its answers. */

import { setTimeout as sleep } from 'node:timers/promises';
import { startTcpProxy } from '../tools/tcp-proxy.ts';

export interface Distance {
  /** The same database, behind the proxy. */
  readonly urlOf: (databaseUrl: string) => string;
  close(): void;
}

/** @param milliseconds that each answer takes longer; timers fire up to a millisecond late. */
export async function startDistance(serverUrl: string, milliseconds: number): Promise<Distance> {
  const { hostname, port } = new URL(serverUrl);
  const proxy = await startTcpProxy(hostname, Number(port), (near, reach) => {
    const far = reach();
    for (const socket of [near, far]) socket.setNoDelay();
    near.pipe(far);
    far.on('data', async (bytes: Buffer) => {
      await sleep(milliseconds);
      if (!near.destroyed) near.write(bytes);
    });
  });
  return {
    urlOf(databaseUrl) {
      const url = new URL(databaseUrl);
      url.host = `127.0.0.1:${proxy.port}`;
      return String(url);
    },
    close: proxy.close,
  };
}
