/**
 * How the server closes without dropping a request: it stops to listen, says `Connection: close` in every answer from
 * then on, and leaves idle connections open for a moment, because a request may be on its way on any of them.
 */

import { Server as NetServer, type Socket } from 'node:net';
import type { Server } from '../server.ts';
import { answerUnderWay } from './socket-errors.ts';

/** How long connections on which nothing is asked stay open, in milliseconds. */
const LINGER = 1000;

/** How often connections that have become idle are closed after that, in milliseconds. */
const SWEEP_INTERVAL = 50;

/**
 * Node's own `close` would close idle connections in the same moment as it stops to listen, and would wait for those
 * that become idle later, that never sent anything, or that sent half a header section.
 */
export function drainOnClose(server: Server): void {
  const sockets = new Set<Socket>();
  server.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  server.addHook('preClose', (done) => {
    // Only the listening; `http.Server.close`, which Fastify calls next, does the rest.
    NetServer.prototype.close.call(server.server);
    for (const socket of sockets) {
      const answer = answerUnderWay(socket);
      // Requests that come after this get the field from Fastify.
      if (answer?.headersSent === false) answer.setHeader('connection', 'close');
    }
    let sweeping: NodeJS.Timeout | undefined;
    const lingering = setTimeout(() => {
      sweeping = setInterval(closeIdle, SWEEP_INTERVAL);
      done();
    }, LINGER);
    server.server.once('close', () => {
      clearTimeout(lingering);
      clearInterval(sweeping);
      if (sweeping === undefined) done();
    });
  });

  function closeIdle(): void {
    for (const socket of sockets) if (answerUnderWay(socket) === undefined) socket.destroy();
  }
}
