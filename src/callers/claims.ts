/** Turns the claims of an access token into a caller. */

import { hash } from 'node:crypto';
import { type Caller, SCOPES } from './caller.ts';

/** The claims for name and scopes. Untrusted, so of any type. */
export interface Claims {
  readonly sub?: unknown;
  /** Scopes separated by spaces (RFC 8693, section 4.2). */
  readonly scope?: unknown;
  /** The name that some issuers use instead: a string or a list. */
  readonly scp?: unknown;
}

/**
 * Subjects used unchanged: short, visible ASCII, and not like a digest. With its prefix, the name stays below
 * `CALLER_NAME_MAX`. The prefix cannot clash with an API key, because names of keys have no colon.
 */
const PLAIN_SUBJECT = /^(?!sha256:)[\x21-\x7e]{1,128}$/;

/** Returns undefined when the token has no subject. */
export function callerOfClaims({ sub, scope, scp }: Claims): Caller | undefined {
  if (typeof sub !== 'string' || sub === '') return undefined;
  const name = PLAIN_SUBJECT.test(sub) ? sub : `sha256:${hash('sha256', sub, 'base64url')}`;
  const scopes = [scope, scp].flat().flatMap((texts) => (typeof texts === 'string' ? texts.split(' ') : []));
  return { name: `jwt:${name}`, scopes: SCOPES.filter((scope) => scopes.includes(scope)) };
}
