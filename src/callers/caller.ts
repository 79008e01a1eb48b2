/** Who calls, and what a caller may do. */

export const SCOPES = ['cars:read', 'cars:write', 'admin'] as const;

/** None implies another: whoever loads cars need not be able to read them. */
export type Scope = (typeof SCOPES)[number];

export interface Caller {
  /**
   * Tells callers apart: Idempotency-Keys and budgets belong to it, and logs and the audit trail show it. Empty for everyone where
   * callers are not told apart. At most {@link CALLER_NAME_MAX} visible ASCII characters.
   */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** The column of idempotency keys holds 511 bytes: a name, a NUL, and a key of up to 255. */
export const CALLER_NAME_MAX = 255;

/** Where nobody is told apart, everybody may do everything. */
export const EVERYBODY: Caller = { name: '', scopes: new Set(SCOPES) };

/** Who gives no credential where anyone may read. */
export const ANONYMOUS_READER: Caller = { name: '', scopes: new Set<Scope>(['cars:read']) };

export function isScope(text: string): text is Scope {
  return SCOPES.some((scope) => scope === text);
}
