/** Who the audit trail says made a change. */

import type { FastifyRequest } from 'fastify';
import type { Author } from '../../cars/car-change.ts';
import { callerOf } from './caller.ts';

export function authorOf(request: FastifyRequest): Author {
  return { caller: callerOf(request).name, requestId: request.id };
}
