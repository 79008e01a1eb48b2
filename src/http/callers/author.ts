/** What a store needs to know of a request: who makes it, and where to note what it used. */

import type { FastifyRequest } from 'fastify';
import type { RequestContext } from '../../cars/request-context.ts';
import { callerOf } from './caller.ts';

export function contextOf(request: FastifyRequest): RequestContext {
  return { author: { caller: callerOf(request).name, requestId: request.id }, usage: request.record };
}
