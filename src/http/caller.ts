/** Who calls, and what a caller may do. */

import type { FastifyRequest } from 'fastify';

export const SCOPES = ['cars:read', 'cars:write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export interface Caller {
  /**
   * Tells callers apart: Idempotency-Keys and budgets belong to it, and logs and the audit trail show it. Empty for everyone where
   * callers are not told apart.
   */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** Where nobody is told apart, everybody may do everything. */
const EVERYBODY: Caller = { name: '', scopes: new Set(SCOPES) };

export function callerOf(_request: FastifyRequest): Caller {
  return EVERYBODY;
}
