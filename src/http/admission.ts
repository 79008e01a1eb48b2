/**
 * Who is let in when more is asked than can be served in time: the dearest calls are refused first, for a fraction of
 * what serving them costs, so that the others are served as ever. Health checks are no calls on cars and always pass.
 */

import type { FastifyReply } from 'fastify';
import type { Waits } from '../cars/car-store.ts';
import { measureTurn } from './event-loop-turn.ts';
import { Problem, RETRY_AFTER, renderProblem } from './problem.ts';
import { problemHeaders } from './response-headers.ts';

export type CallKind = keyof Waits;

/** Whether a call is let in now. */
export type Admission = (kind: CallKind) => boolean;

/**
 * Milliseconds of waiting beyond which each kind is refused: of calls like itself, of dearer and cheaper ones, and for
 * the event loop. A list gives way when single reads have to wait; a single read only when it would come late itself.
 * A request takes three or four turns of the loop, so its limits on a turn are a fraction of what its caller waits.
 */
const PATIENCE: Readonly<Record<CallKind, Waits & { readonly turn: number }>> = {
  list: { read: 50, write: 100, list: 150, turn: 20 },
  write: { read: 100, write: 300, list: Number.POSITIVE_INFINITY, turn: 50 },
  read: { read: 150, write: Number.POSITIVE_INFINITY, list: Number.POSITIVE_INFINITY, turn: 80 },
};

export function createAdmission(waits: () => Waits, turn: () => number = measureTurn()): Admission {
  return (kind) => {
    const patience = PATIENCE[kind];
    const { read, write, list } = waits();
    return (
      read <= patience.read && write <= patience.write && list <= patience.list && turn() <= patience.turn
    );
  };
}

/** Answers 503 past everything that a request usually goes through. */
export function refuse(reply: FastifyReply): void {
  const { raw, request, server } = reply;
  const body = renderProblem(OVERLOADED, request.id);
  reply.hijack();
  reply.statusCode = OVERLOADED.status;
  raw.writeHead(OVERLOADED.status, { ...problemHeaders(body, request.id), ...OVERLOADED.headers });
  raw.end(body);
  server.logRequest(request, reply);
}

const OVERLOADED = new Problem('unavailable', 'More is asked of the service than it can answer in time.', {
  headers: RETRY_AFTER,
});
