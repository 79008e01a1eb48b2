/**
 * Rejects requests whose end is ambiguous. If a proxy sees the body end elsewhere, what follows on the connection may be
 * a request smuggled past that proxy (RFC 9112, sections 6.1 and 11.2).
 */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Problem } from '../contract/problem.ts';

/** The problem of a body with a transfer coding other than chunked. It closes the connection. */
export function findAmbiguousFraming({ headers, socket }: IncomingMessage): Problem | undefined {
  const coding = headers['transfer-encoding'];
  if (coding === undefined || coding.toLowerCase() === 'chunked') return undefined;
  socket.hasAmbiguousFraming = true;
  return new Problem('bad-request', 'The only supported Transfer-Encoding is chunked.', {
    headers: { connection: 'close' },
  });
}

/** Whether a request follows an ambiguous one. Node still parses those that arrived in the same packet. */
export function followsAmbiguousFraming(socket: Socket): boolean {
  return socket.hasAmbiguousFraming === true;
}

declare module 'node:net' {
  interface Socket {
    /** No later request on this connection can be trusted. */
    hasAmbiguousFraming?: true;
  }
}
