/** A TCP proxy on a free port of 127.0.0.1; what passes between its two sides is up to whoever starts it. */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** How many connections are open, counting both sides. */
  openSockets(): number;
  close(): void;
}

/**
 * @param target the port on `host` that it leads to.
 * @param join is called with each new connection, and passes the data on; `reach` opens the connection to the target,
 *   and from then on the two end together.
 */
export async function startTcpProxy(
  host: string,
  target: number,
  join: (near: Socket, reach: () => Socket) => void,
): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const listener = createServer((near) => {
    keep(near);
    join(near, () => {
      const far = keep(connect(target, host));
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
      return far;
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    openSockets: () => sockets.size,
    close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
