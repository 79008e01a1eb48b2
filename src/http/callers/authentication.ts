/** Authentication: identifies the caller by the API key or access token of a request. */

import type { IncomingMessage } from 'node:http';
import { type ApiKey, keyIdOf, keyState, matchKey } from '../../callers/api-key.ts';
import type { Caller } from '../../callers/caller.ts';
import { type KeyCache, KeysUnavailableError } from '../../callers/key-cache.ts';
import { Problem, RETRY_AFTER } from '../contract/problem.ts';

/** The scheme that clients must use (RFC 9110, section 11.6.1; RFC 6750, section 3). */
export const CHALLENGE = 'Bearer realm="cars-api"';

/** RFC 6750, section 2.1. The scheme is case-insensitive (RFC 9110, section 11.1). */
const BEARER = /^bearer +(\S+)$/i;

/** Stands for an Authorization header of another form. No key or token is empty, so it is rejected like a wrong one. */
const UNREADABLE = '';

/** Returns the caller of an access token. Rejects with a {@link Problem}: 401, or 503 if the issuer's keys are unavailable. */
export type VerifyToken = (token: string) => Promise<Caller>;

/** The supported kinds of credentials; at least one. */
export interface AuthenticationOptions {
  readonly keys: KeyCache | undefined;
  readonly verifyToken: VerifyToken | undefined;
}

/**
 * Returns undefined for a request without a credential. Throws a {@link Problem} for an invalid one. Returns a promise only if
 * the credential cannot be checked at once.
 */
export type Authenticate = (request: IncomingMessage) => Caller | undefined | Promise<Caller>;

export function createAuthentication({ keys, verifyToken }: AuthenticationOptions): Authenticate {
  return (request) => {
    const credential = readCredential(request);
    if (credential === undefined) return undefined;
    const { text, field } = credential;
    const keyId = keyIdOf(text);
    if (keyId !== undefined && keys !== undefined) return callerOfKey(keys, keyId, text);
    if (keyId === undefined && field === 'authorization' && verifyToken !== undefined)
      return verifyToken(text);
    throw invalidCredential('This kind of credential is not supported.');
  };
}

function callerOfKey(keys: KeyCache, id: string, text: string): Caller | Promise<Caller> {
  const key = keys.find(id);
  if (!(key instanceof Promise)) return checkKey(key, text);
  const found = key.catch((error: unknown) => {
    if (!(error instanceof KeysUnavailableError)) throw error;
    const detail = 'API keys cannot be checked at the moment. Nothing was applied.';
    throw new Problem('unavailable', detail, { cause: error, headers: RETRY_AFTER });
  });
  return found.then((known) => checkKey(known, text));
}

/** Details are revealed only to a caller with the right secret. */
function checkKey(key: ApiKey | undefined, text: string): Caller {
  const caller = key && matchKey(key, text);
  if (key === undefined || caller === undefined) throw invalidCredential('The API key is invalid.');
  const state = keyState(key, Date.now() / 1000);
  if (state === 'live') return caller;
  throw invalidCredential(state === 'expired' ? 'The API key has expired.' : 'The API key was revoked.');
}

interface Credential {
  readonly text: string;
  /** An access token is accepted in Authorization only. */
  readonly field: 'authorization' | 'x-api-key';
}

/**
 * Undefined if there is none. Throws a {@link Problem} if two fields differ: a proxy and this service could then each see
 * another credential. Requests that repeat a field were rejected before.
 */
function readCredential({ headers }: IncomingMessage): Credential | undefined {
  const { authorization: given, 'x-api-key': keys } = headers;
  const bearer = given === undefined ? undefined : (BEARER.exec(given)?.[1] ?? UNREADABLE);
  const [key] = [keys].flat();
  if (bearer !== undefined && key !== undefined && bearer !== key) {
    throw new Problem('bad-request', 'Authorization and X-API-Key contain different credentials.');
  }
  if (bearer !== undefined) return { text: bearer, field: 'authorization' };
  return key === undefined ? undefined : { text: key, field: 'x-api-key' };
}

/** The 401 for a credential that is not accepted. */
export function invalidCredential(detail: string, cause?: unknown): Problem {
  return new Problem('unauthenticated', detail, {
    headers: { 'www-authenticate': `${CHALLENGE}, error="invalid_token"` },
    cause,
  });
}
