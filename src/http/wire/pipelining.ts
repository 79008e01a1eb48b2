/**
 * Limits pipelining: requests sent on one connection without waiting for responses (RFC 9112, section 9.3.2). Node reads
 * up to 64 KB of them at once, a thousand requests, and keeps their responses in memory. A client that sends more than
 * the limit is disconnected, which pipelining clients must handle. A thousand error responses would cost as much.
 */

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LIMITS } from '../limits.ts';

/** Counts the responses that wait on this connection. If there are too many, closes it and returns true. */
export function cutExcessPipelining(socket: Socket, response: ServerResponse): boolean {
  // Node assigns the socket to a response when its turn has come.
  if (response.socket !== null) return false;
  const waiting = socket.waitingResponses ?? 0;
  if (waiting >= LIMITS.pipelined) {
    socket.destroy();
    return true;
  }
  socket.waitingResponses = waiting + 1;
  response.once('close', () => {
    socket.waitingResponses = (socket.waitingResponses ?? 1) - 1;
  });
  return false;
}

declare module 'node:net' {
  interface Socket {
    /** Responses that wait until an earlier one on this connection was sent. */
    waitingResponses?: number;
  }
}
