/**
 * Requests that a caller sends behind each other without waiting for answers (RFC 9112, section 9.3.2). Node reads up to
 * 64 KB of them at once, a thousand requests, and an answer that has to wait for the one before it waits in memory. So
 * whoever sends more than a few dozen is cut off, which callers who pipeline must be ready for. Refusing each would
 * cost more than it saves: a thousand refusals are a thousand answers that wait.
 */

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LIMITS } from '../limits.ts';

/** For each connection, how many answers wait for their turn. */
const waiting = new WeakMap<Socket, number>();

/** Counts the answers that wait on this connection; closes it, and tells so, when they are too many. */
export function cutTooFarBehind(socket: Socket, answer: ServerResponse): boolean {
  // Node gives an answer its socket when its turn has come.
  if (answer.socket !== null) return false;
  const before = waiting.get(socket) ?? 0;
  if (before >= LIMITS.pipelined) {
    socket.destroy();
    return true;
  }
  waiting.set(socket, before + 1);
  answer.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1));
  return false;
}
