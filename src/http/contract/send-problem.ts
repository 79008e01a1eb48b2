/** Errors as problem documents, sent by Fastify, and what the log is told of them. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestRecord } from '../../observability/request-record.ts';
import { type Problem, renderProblem, toProblem } from './problem.ts';

/** Answers an error of any layer, and notes it in the request's record. Returns the bytes of the answer's body. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): number {
  const problem = toProblem(error, request.headers['idempotency-key'] !== undefined);
  noteProblem(request.record, problem);
  // Fastify would close the connection, and a caller who is still sending would meet that before the answer. Node reads
  // the rest of the body and drops it, for no longer than `LIMITS.request`.
  if (problem.code === 'content-too-large') reply.removeHeader('connection');
  // A Buffer, because to a text Fastify would add a charset, which this media type does not have.
  const body = Buffer.from(renderProblem(problem, request.id));
  reply
    .code(problem.status)
    .headers({ 'cache-control': 'no-store', ...problem.headers, 'content-type': 'application/problem+json' })
    .send(body);
  return body.length;
}

/** What is for the log only: what the caller's doing was, what made us refuse, or where we failed. */
function noteProblem(record: RequestRecord, problem: Problem): void {
  record.problem = problem.code;
  if (problem.status >= 500) record.reason = reasonOf(problem);
  if (problem.code === 'internal' && problem.cause instanceof Error) record.stack = problem.cause.stack;
}

/** The innermost message: the driver's, which is for the log only. */
function reasonOf(error: Error): string {
  if (error.cause instanceof Error) return reasonOf(error.cause);
  return 'cause' in error && error.cause !== undefined ? String(error.cause) : error.message;
}
