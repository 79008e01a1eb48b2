/** Who made a request, for whoever has to know. */

import type { FastifyRequest } from 'fastify';
import { type Caller, EVERYBODY } from '../../callers/caller.ts';

/** The caller that the gate has let in; everybody where there is no gate (see gate.ts). */
export function callerOf(request: FastifyRequest): Caller {
  return request.caller ?? EVERYBODY;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the gate. Read it with {@link callerOf}. */
    caller?: Caller | undefined;
  }
}
