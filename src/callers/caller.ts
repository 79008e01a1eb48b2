/** A caller: the client of a request, and what it may do. */

export const SCOPES = ['cars:read', 'cars:write', 'admin'] as const;

/** No scope implies another: a client that writes cars need not be able to read them. */
export type Scope = (typeof SCOPES)[number];

export interface Caller {
  /**
   * Identifies the client in Idempotency-Keys, rate limits, logs and the audit trail. Empty without
   * authentication. At most {@link CALLER_NAME_MAX} visible ASCII characters.
   */
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/** The database column for idempotency keys has 511 bytes: a name, a NUL, and a key of up to 255. */
export const CALLER_NAME_MAX = 255;

/** Every client, when the service runs without authentication. */
export const EVERYBODY: Caller = { name: '', scopes: SCOPES };

/** A client without a credential, when `PUBLIC_READ` is on. */
export const ANONYMOUS_READER: Caller = { name: '', scopes: ['cars:read'] };

export function isScope(text: string): text is Scope {
  return SCOPES.some((scope) => scope === text);
}
