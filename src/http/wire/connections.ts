/**
 * Limits what clients can hold without being served: the number of connections, and the bytes of responses that they do
 * not read. `LIMITS.stalled` closes connections that accept no byte.
 */

import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { cutConnections } from '../../observability/channels.ts';
import { LIMITS } from '../limits.ts';
import { responseUnderWay } from './socket-errors.ts';

/** A response below this size that is written at once is not counted, to save the listeners. */
const SMALL = 16 * 1024;

export type Connections = ReturnType<typeof limitConnections>;

export function limitConnections(server: Pick<Server, 'on'>) {
  /** Oldest first. */
  const open = new Set<Socket>();
  /** Those with unsent bytes, the one that has had some for longest first. */
  const unread = new Set<Socket>();
  let unsentInAll = 0;

  server.on('connection', (socket: Socket) => {
    socket.unsent = 0;
    // A client that opens many connections loses its own, and the load balancer can still open one for its health check.
    if (open.size >= LIMITS.connections) {
      (findWaiting() ?? socket).destroy();
      cutConnections.publish('limit');
    }
    open.add(socket);
    socket.once('close', () => forget(socket));
  });

  /** The oldest connection that is idle, else the oldest whose client has not sent its whole request. */
  function findWaiting(): Socket | undefined {
    let sending: Socket | undefined;
    for (const socket of open) {
      const response = responseUnderWay(socket);
      if (response === undefined) return socket;
      if (!response.req.complete) sending ??= socket;
    }
    return sending;
  }

  function forget(socket: Socket): void {
    open.delete(socket);
    unread.delete(socket);
    unsentInAll -= socket.unsent ?? 0;
    socket.unsent = 0;
  }

  function add(socket: Socket, bytes: number): void {
    socket.unsent = (socket.unsent ?? 0) + bytes;
    unsentInAll += bytes;
    if (socket.unsent > 0) unread.add(socket);
    else unread.delete(socket);
  }

  return {
    /**
     * Counts a response that is about to be written. Returns false if its client has not read enough of those before: then
     * its connection was closed.
     */
    hold(socket: Socket, response: ServerResponse, bytes: number): boolean {
      // Node assigns the socket to a response when its turn has come.
      if (bytes < SMALL && response.socket !== null && socket.writableLength === 0) return true;
      if (socket.destroyed) return true;
      const before = socket.unsent ?? 0;
      if (before > 0 && before + bytes > LIMITS.unsent) {
        socket.destroy();
        cutConnections.publish('unread');
        return false;
      }
      add(socket, bytes);
      response.once('finish', () => {
        if (!socket.destroyed) add(socket, -bytes);
      });
      for (const other of unread) {
        if (unsentInAll <= LIMITS.unsentInAll) break;
        forget(other);
        other.destroy();
        cutConnections.publish('unread');
      }
      return !socket.destroyed;
    },
  };
}

declare module 'node:net' {
  interface Socket {
    /** Bytes of responses that its client has not read. */
    unsent?: number;
  }
}
