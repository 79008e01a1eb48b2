/** A way to a server on which opening a connection takes as long as the test likes. */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface SlowProxy {
  readonly port: number;
  /** Milliseconds until a new connection gets through. */
  delay: number;
  close(): void;
}

/** @param target the port on 127.0.0.1 that it leads to, on `host`. */
export async function startSlowProxy(host: string, target: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const listener = createServer((near) => {
    sockets.add(near);
    near.on('error', () => near.destroy());
    setTimeout(() => {
      const far = connect(target, host);
      sockets.add(far);
      far.on('error', () => near.destroy());
      far.on('close', () => near.destroy());
      near.on('close', () => far.destroy());
      near.pipe(far).pipe(near);
    }, proxy.delay);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const proxy: SlowProxy = {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    delay: 0,
    close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return proxy;
}
