/** A way to a server whose answers come late: each piece of an answer arrives so many milliseconds after it was sent. */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface LateProxy {
  readonly port: number;
  close(): void;
}

/**
 * @param target the port on 127.0.0.1 that it leads to.
 * @param delay milliseconds; pieces keep their order, and many are under way at once, as on a long line.
 */
export async function startLateProxy(target: number, delay: number): Promise<LateProxy> {
  const sockets = new Set<Socket>();
  const listener = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket.setNoDelay(true));
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => {
      setTimeout(() => near.write(chunk), delay);
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
