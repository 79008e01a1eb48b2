/** A way to a server that is far away: its answers arrive some milliseconds later. */

import { startTcpProxy, type TcpProxy } from '../../tools/tcp-proxy.ts';

export interface DistantProxy extends TcpProxy {
  /** Milliseconds by which answers are late. */
  delay: number;
}

/** @param target the port on 127.0.0.1 that it leads to. */
export async function startDistantProxy(target: number, milliseconds: number): Promise<DistantProxy> {
  const tcp = await startTcpProxy('127.0.0.1', target, (near, reach) => {
    const far = reach();
    near.pipe(far);
    far.on('data', (chunk) => setTimeout(() => near.write(chunk), proxy.delay));
  });
  const proxy: DistantProxy = { ...tcp, delay: milliseconds };
  return proxy;
}
