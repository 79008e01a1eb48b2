/**
 * Closes the server without dropping a request. It stops listening, adds `Connection: close` to every response, and
 * keeps idle connections open for a moment, because a request may already be on its way.
 */

import type { ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { cutConnections } from '../../observability/channels.ts';
import { responseUnderWay } from './socket-errors.ts';

/** Milliseconds for which idle connections stay open. */
const LINGER = 1000;

/** Milliseconds between two sweeps after that. */
const SWEEP_INTERVAL = 50;

/**
 * Node's own `close` closes idle connections in the moment it stops listening. It also waits for connections that become
 * idle later, that never sent anything, or that sent half a header section.
 * @returns a function that also cuts, from then on, the connections of slow clients, so that the server can close.
 */
export function closeWithoutLoss(server: Pick<FastifyInstance, 'server' | 'addHook'>): () => void {
  const sockets = new Set<Socket>();
  let isPatient = true;
  server.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  server.addHook('preClose', (done) => {
    // This only stops listening. Fastify calls `http.Server.close` next, which does the rest.
    NetServer.prototype.close.call(server.server);
    // That also calls this, which would cut clients that are still reading a response.
    server.server.closeIdleConnections = () => {};
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

  return cutSlow;
}

/** Whether the request is incomplete, or the response is complete but unread. */
function waitsForClient({ req, writableEnded }: ServerResponse, socket: Socket): boolean {
  return !req.complete || (writableEnded && socket.writableLength > 0);
}
