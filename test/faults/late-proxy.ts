/** A TCP proxy that delays each piece of an answer by a fixed number of milliseconds. */

import { startTcpProxy, type TcpProxy } from '../../tools/tcp-proxy.ts';

export type LateProxy = TcpProxy;

/**
 * @param target the port on 127.0.0.1 that it leads to.
 * @param delay milliseconds; pieces keep their order, and many are under way at once, as on a long
 * line.
 */
export function startLateProxy(target: number, delay: number): Promise<LateProxy> {
  return startTcpProxy('127.0.0.1', target, (near, reach) => {
    const far = reach().setNoDelay(true);
    near.setNoDelay(true).on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => {
      setTimeout(() => near.write(chunk), delay);
    });
  });
}
