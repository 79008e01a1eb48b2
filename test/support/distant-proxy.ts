/** A way to a server that is far away: its answers arrive some milliseconds later. */

import { startTcpProxy, type TcpProxy } from '../../tools/tcp-proxy.ts';

/** @param target the port on 127.0.0.1 that it leads to. */
export function startDistantProxy(target: number, milliseconds: number): Promise<TcpProxy> {
  return startTcpProxy('127.0.0.1', target, (near, reach) => {
    const far = reach();
    near.pipe(far);
    far.on('data', (chunk) => setTimeout(() => near.write(chunk), milliseconds));
  });
}
