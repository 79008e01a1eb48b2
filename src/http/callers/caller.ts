/** Who made a request: for access control, the log and the audit trail. */

import type { FastifyRequest } from 'fastify';
import { type Caller, EVERYBODY } from '../../callers/caller.ts';
import type { RequestContext } from '../../cars/request-context.ts';

/** The caller that access control identified; everybody if it is off. */
export function callerOf(request: FastifyRequest): Caller {
  return request.caller ?? EVERYBODY;
}

/**
 * What a store needs to know of a request: its author, how long it may take, and where to note what it used. To be called
 * once, when the body has arrived.
 */
export function contextOf(request: FastifyRequest): RequestContext {
  const { id: requestId, record } = request;
  // The client may have taken long to send the body, and we to check its credential before we read it.
  record.since = performance.now() - record.authenticated;
  return { author: { caller: callerOf(request).name, requestId }, usage: record };
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by access control. Read it with {@link callerOf}. */
    caller?: Caller | undefined;
  }
}
