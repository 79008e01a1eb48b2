/** The claims of an access token, read as a caller. */

import { hash } from 'node:crypto';
import { type Caller, isScope } from './caller.ts';

/** The claims that say who calls and what they may do; of any type, because others wrote them. */
export interface Claims {
  readonly sub?: unknown;
  /** RFC 8693, section 4.2: scopes separated by blanks. */
  readonly scope?: unknown;
  /** The same by the habit of some issuers: a text, or a list. */
  readonly scp?: unknown;
}

/**
 * Subjects that are shown as they are: short, visible ASCII, and none that could be taken for a digest. With its prefix,
 * a name stays below `CALLER_NAME_MAX`; no API key's name has a colon.
 */
const PLAIN_SUBJECT = /^(?!sha256:)[\x21-\x7e]{1,128}$/;

/** The caller; undefined where the token does not say whose it is. */
export function callerOfClaims({ sub, scope, scp }: Claims): Caller | undefined {
  if (typeof sub !== 'string' || sub === '') return undefined;
  const name = PLAIN_SUBJECT.test(sub) ? sub : `sha256:${hash('sha256', sub, 'base64url')}`;
  const scopes = [scope, scp].flat().flatMap((texts) => (typeof texts === 'string' ? texts.split(' ') : []));
  return { name: `jwt:${name}`, scopes: new Set(scopes.filter(isScope)) };
}
