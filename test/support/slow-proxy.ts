/** A way to a server on which opening a connection takes as long as the test likes. */

import { startTcpProxy, type TcpProxy } from '../../tools/tcp-proxy.ts';

export interface SlowProxy extends TcpProxy {
  /** Milliseconds until a new connection gets through. */
  delay: number;
}

/** @param target the port on `host` that it leads to. */
export async function startSlowProxy(host: string, target: number): Promise<SlowProxy> {
  const tcp = await startTcpProxy(host, target, (near, reach) => {
    setTimeout(() => near.pipe(reach()).pipe(near), proxy.delay);
  });
  const proxy: SlowProxy = { ...tcp, delay: 0 };
  return proxy;
}
