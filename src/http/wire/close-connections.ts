/**
 * Closes the server without dropping a request. It accepts the connections that wait, stops listening, adds
 * `Connection: close` to every response, and keeps idle connections open for a moment, because a request may already be
 * on its way.
 */

import type { ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { cutConnections } from '../../observability/channels.ts';
import { responseUnderWay } from './socket-errors.ts';

/** Milliseconds for which idle connections stay open. */
const LINGER = 1000;

/** Milliseconds between two sweeps after that. */
const SWEEP_INTERVAL = 50;

export interface Connections {
  /** Accepts the connections that wait, then closes the port. To be called before the server's `close`. */
  stopListening(): Promise<void>;
  /** From now on, cuts the connections of slow clients, so that the server can close. */
  cutSlow(): void;
}

/**
 * Node's own `close` closes idle connections in the moment it stops listening. It also waits for connections that become
 * idle later, that never sent anything, or that sent half a header section.
 */
export function closeWithoutLoss(server: Pick<FastifyInstance, 'server' | 'addHook'>): Connections {
  const sockets = new Set<Socket>();
  let accepted = 0;
  let isPatient = true;
  server.server.on('connection', (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  /**
   * When a port is closed, the kernel resets the connections that it has made and Node has not accepted. After a pause of
   * the process, many may wait. Node accepts one in each turn of its event loop, so a turn without a new one shows that none
   * waits. The server must not be closing yet: then each response ends its connection, and clients keep making new ones.
   */
  async function stopListening(): Promise<void> {
    const end = performance.now() + LINGER;
    let before: number;
    // The rest of this turn may have no poll in it.
    await nextTurn();
    do {
      before = accepted;
      await nextTurn();
    } while (accepted > before && performance.now() < end);
    // Only the port. The server's `close` does the rest.
    NetServer.prototype.close.call(server.server);
  }

  server.addHook('preClose', (done) => {
    // The server's `close` calls this, which would cut clients that are still reading a response.
    server.server.closeIdleConnections = () => {};
    if (sockets.size === 0) return done();
    for (const socket of sockets) {
      const response = responseUnderWay(socket);
      // Fastify adds the header to responses of later requests.
      if (response?.headersSent === false) response.setHeader('connection', 'close');
    }
    let sweeping: NodeJS.Timeout | undefined;
    const lingering = setTimeout(() => {
      sweeping = setInterval(sweep, SWEEP_INTERVAL);
      done();
    }, LINGER);
    server.server.once('close', () => {
      clearTimeout(lingering);
      clearInterval(sweeping);
      if (sweeping === undefined) done();
    });
  });

  function sweep(): void {
    for (const socket of sockets) if (responseUnderWay(socket) === undefined) socket.destroy();
    if (!isPatient) cutSlow();
  }

  function cutSlow(): void {
    isPatient = false;
    for (const socket of sockets) {
      const response = responseUnderWay(socket);
      if (response === undefined || socket.destroyed || !waitsForClient(response, socket)) continue;
      socket.destroy();
      cutConnections.publish('stop');
    }
  }

  return { stopListening, cutSlow };
}

/** Whether the request is incomplete, or the response is complete but unread. */
function waitsForClient({ req, writableEnded }: ServerResponse, socket: Socket): boolean {
  return !req.complete || (writableEnded && socket.writableLength > 0);
}
