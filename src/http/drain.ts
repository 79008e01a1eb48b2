/** What ends the connections when the server closes: behind the answer where something is asked, else soon. */

import { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Server } from './server.ts';

/** How often connections that have become idle are closed, in milliseconds. */
const SWEEP_INTERVAL = 50;

/** How long a connection may take to its first byte: its request may be on the way. In milliseconds. */
const FIRST_BYTE = 1000;

/**
 * Node's `close` waits for every connection. It closes those that are idle at that moment, but neither those that
 * become idle later (they are kept alive) nor those on which nothing was ever sent (it takes them for busy).
 */
export function drainOnClose(server: Server): void {
  const sockets = new Set<Socket>();
  server.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.addHook('preClose', (done) => {
    for (const socket of sockets) {
      // Requests that come after this get the field from Fastify.
      const answer: unknown = '_httpMessage' in socket ? socket._httpMessage : undefined;
      if (answer instanceof ServerResponse && !answer.headersSent) answer.setHeader('connection', 'close');
    }
    const closeUnused = setTimeout(() => {
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    }, FIRST_BYTE);
    const closeIdle = setInterval(() => server.server.closeIdleConnections(), SWEEP_INTERVAL);
    server.server.once('close', () => {
      clearTimeout(closeUnused);
      clearInterval(closeIdle);
    });
    done();
  });
}
