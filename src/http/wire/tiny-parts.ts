/** Rejects bodies that arrive in many tiny parts: each byte in a chunk of its own takes 300 bytes of memory. */

import type { IncomingMessage } from 'node:http';
import { Problem } from '../contract/problem.ts';

/** Bytes of the body's limit for each part that it may have. A part is a chunk, or what one packet holds. */
const BYTES_PER_PART = 100;

/** @param limit the largest body that the route accepts. */
export function rejectTinyParts(request: IncomingMessage, limit: number): void {
  let left = Math.floor(limit / BYTES_PER_PART);
  // A part has at least one byte.
  if (Number(request.headers['content-length']) <= left) return;
  const count = () => {
    left -= 1;
    if (left >= 0) return;
    request.off('data', count);
    // Fastify answers the error while it reads the body. What it does not read is not kept.
    if (request.listenerCount('error') > 0)
      request.emit('error', new Problem('bad-request', 'The body arrived in too many small parts.'));
  };
  request.on('data', count);
}
