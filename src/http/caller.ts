/**
 * Who calls. The service does not tell its callers apart yet: this is where authentication plugs in, and rate limits
 * beside it, as a hook before the body is read.
 */

import type { FastifyRequest } from 'fastify';

/** A caller's name, to which Idempotency-Keys belong; empty for everyone. */
export function callerOf(_request: FastifyRequest): string {
  return '';
}
