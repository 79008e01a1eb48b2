/** ETags and preconditions: a car's version as a strong ETag, If-Match and If-None-Match (RFC 9110, sections 8.8.3 and 13). */

import type { IncomingHttpHeaders } from 'node:http';
import type { Precondition } from '../../cars/car-store.ts';

export function entityTag(version: number): string {
  return `"${version}"`;
}

/** RFC 9110, section 8.8.3: an opaque tag in quotes. A weak one starts with `W/`. */
const TAG = '(?:W/)?"[\\x21\\x23-\\x7e\\x80-\\xff]*"';
const ONE_TAG = new RegExp(TAG, 'g');

/** The syntax of If-Match and If-None-Match (RFC 9110, sections 5.6.1 and 13.1): `*`, or a list that may have empty members. */
export const TAG_LIST = `^(?:\\*|(?:,[ \\t]*)*${TAG}(?:[ \\t]*,(?:[ \\t]*${TAG})?)*)$`;

/** Whether a header field lists a version; `*` lists every version. */
type TagTest = (version: number) => boolean;

/** @param field matches {@link TAG_LIST}, which the routes' schemas enforce. */
function parseTags(field: string, keepWeak: boolean): TagTest {
  if (field === '*') return () => true;
  const tags = field.match(ONE_TAG) ?? [];
  const strong = new Set(
    tags.filter((tag) => keepWeak || !tag.startsWith('W/')).map((tag) => tag.replace(/^W\//, '')),
  );
  return (version) => strong.has(entityTag(version));
}

/**
 * The precondition of a change, or undefined if the request has none. `If-Match` compares strongly, so a weak tag never
 * matches.
 */
export function preconditionOf(headers: IncomingHttpHeaders): Precondition | undefined {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  const matches = ifMatch === undefined ? () => true : parseTags(ifMatch, false);
  const excluded = ifNoneMatch === undefined ? () => false : parseTags(ifNoneMatch, true);
  return (version) => matches(version) && !excluded(version);
}

/** Evaluates the preconditions of a read: send the car, answer 304, or reject with 412. */
export function readOutcome(
  headers: IncomingHttpHeaders,
  version: number,
): 'send' | 'not-modified' | 'reject' {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch !== undefined && !parseTags(ifMatch, false)(version)) return 'reject';
  if (ifNoneMatch !== undefined && parseTags(ifNoneMatch, true)(version)) return 'not-modified';
  return 'send';
}
