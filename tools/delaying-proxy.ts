/** A TCP proxy that makes a database seem far away: connections open later, and its answers arrive later. */

import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** Milliseconds. Both may be changed while the proxy runs. */
export interface Delays {
  /** Until a new connection reaches the database. */
  connecting: number;
  /** Until a piece of an answer is passed on. Many pieces may be on their way at once, as on a long line. */
  answers: number;
}

export interface DelayingProxy extends TcpProxy, Delays {
  /** The same database through the proxy. */
  readonly url: string;
}

/** @param database its URL; port 3306 if it has none. */
export async function startDelayingProxy(
  database: string,
  delays: Partial<Delays> = {},
): Promise<DelayingProxy> {
  const url = new URL(database);
  const tcp = await startTcpProxy(url.hostname, Number(url.port || 3306), (near, reach) => {
    const join = () => {
      if (near.destroyed) return;
      const far = reach().setNoDelay();
      near.setNoDelay().pipe(far);
      far.on('data', (piece) => setTimeout(() => near.write(piece), proxy.answers));
    };
    if (proxy.connecting === 0) join();
    else setTimeout(join, proxy.connecting);
  });
  url.host = `127.0.0.1:${tcp.port}`;
  const proxy: DelayingProxy = { ...tcp, url: url.href, connecting: 0, answers: 0, ...delays };
  return proxy;
}
