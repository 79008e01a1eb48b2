/**
 * Who is let in when more is asked than can be served in time: the dearest calls are refused first, for a fraction of
 * what serving them costs, so that the others are served as ever. Health checks are no calls on cars and always pass.
 */

import type { FastifyReply } from 'fastify';
import type { Waits } from '../cars/car-store.ts';
import { Problem, RETRY_AFTER, renderProblem } from './contract/problem.ts';
import { problemHeaders } from './contract/response-headers.ts';
import { measureTurn } from './event-loop-lag.ts';

export type CallKind = keyof Waits;

/** What a call would wait for too long; undefined when it is let in. */
export type Admission = (kind: CallKind) => keyof Patience | undefined;

type Patience = Waits & { readonly turn: number };

/**
 * Milliseconds of waiting beyond which each kind is refused: of calls like itself, of dearer and cheaper ones, and for
 * the event loop. A list gives way when single reads have to wait; a single read only when it would come late itself.
 * A request takes three or four turns of the loop, so its limits on a turn are a fraction of what its caller waits.
 */
const PATIENCE: Readonly<Record<CallKind, Patience>> = {
  list: { read: 50, write: 100, list: 150, turn: 20 },
  write: { read: 100, write: 300, list: Number.POSITIVE_INFINITY, turn: 50 },
  read: { read: 150, write: Number.POSITIVE_INFINITY, list: Number.POSITIVE_INFINITY, turn: 80 },
};

export function createAdmission(waits: () => Waits, turn: () => number = measureTurn()): Admission {
  return (kind) => {
    const patience = PATIENCE[kind];
    const { read, write, list } = waits();
    if (read > patience.read) return 'read';
    if (write > patience.write) return 'write';
    if (list > patience.list) return 'list';
    return turn() > patience.turn ? 'turn' : undefined;
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
  request.record.problem = OVERLOADED.code;
  server.logRequest(request, reply, Buffer.byteLength(body));
}

const OVERLOADED = new Problem('unavailable', 'More is asked of the service than it can answer in time.', {
  headers: RETRY_AFTER,
});
