/**
 * Requests whose end is in doubt: where a proxy may see another end of a body than we do, what follows on the connection
 * may be somebody's attempt to smuggle a request past that proxy (RFC 9112, sections 6.1 and 11.2).
 */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Problem } from '../contract/problem.ts';

/** Connections on which nothing is to be believed any more. */
const doubtful = new WeakSet<Socket>();

/** What ends the connection, where the body is in another transfer coding than chunked. */
export function findDoubt({ headers, socket }: IncomingMessage): Problem | undefined {
  const coding = headers['transfer-encoding'];
  if (coding === undefined || coding.toLowerCase() === 'chunked') return undefined;
  doubtful.add(socket);
  return new Problem('bad-request', 'The only Transfer-Encoding that is known is chunked.', {
    headers: { connection: 'close' },
  });
}

/** Whether a request came behind a doubtful one; Node goes on to read those that arrived together with it. */
export function isBehindDoubt(socket: Socket): boolean {
  return doubtful.has(socket);
}
