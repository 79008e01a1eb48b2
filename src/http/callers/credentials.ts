/** The credential of a request: a key or a token, as its header fields carry it. */

import type { IncomingMessage } from 'node:http';
import { Problem } from '../contract/problem.ts';

/** RFC 6750, section 2.1; the scheme's letter case does not matter (RFC 9110, section 11.1). */
const BEARER = /^bearer +(\S+)$/i;

/** What no key or token can be, so that it is refused like any that is wrong. */
const UNREADABLE = '';

export interface Credential {
  readonly text: string;
  /** Where it stood; a token is not taken from X-API-Key. */
  readonly field: 'authorization' | 'x-api-key';
}

/**
 * Undefined where there is none. Throws a {@link Problem} where a field is repeated or two fields differ: then it could be
 * one credential to a proxy and another to us.
 */
export function readCredential(request: IncomingMessage): Credential | undefined {
  const { authorization = [], 'x-api-key': keys = [] } = request.headersDistinct;
  if (authorization.length > 1 || keys.length > 1) {
    throw new Problem('bad-request', 'A header field that carries a credential is given more than once.');
  }
  const [given] = authorization;
  const bearer = given === undefined ? undefined : (BEARER.exec(given)?.[1] ?? UNREADABLE);
  const [key] = keys;
  if (bearer !== undefined && key !== undefined && bearer !== key) {
    throw new Problem('bad-request', 'Authorization and X-API-Key carry different credentials.');
  }
  if (bearer !== undefined) return { text: bearer, field: 'authorization' };
  return key === undefined ? undefined : { text: key, field: 'x-api-key' };
}
