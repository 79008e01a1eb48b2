/** Entity tags: a car's version as a strong ETag, and the preconditions that name them (RFC 9110, sections 8.8.3 and 13). */

import type { IncomingHttpHeaders } from 'node:http';
import type { Precondition } from '../../cars/car-store.ts';

export function entityTag(version: number): string {
  return `"${version}"`;
}

/** RFC 9110, section 8.8.3: an opaque tag in quotes, `W/` before a weak one. */
const TAG = '(?:W/)?"[\\x21\\x23-\\x7e\\x80-\\xff]*"';
const ONE_TAG = new RegExp(TAG, 'g');

/** What a header field of tags must match (RFC 9110, sections 5.6.1 and 13.1): every one, or a list, in which members may be empty. */
export const TAG_LIST = `^(?:\\*|(?:,[ \\t]*)*${TAG}(?:[ \\t]*,(?:[ \\t]*${TAG})?)*)$`;

/** Whether a version is among those that a header field lists, `*` being every one. */
type TagTest = (version: number) => boolean;

/** @param field matches {@link TAG_LIST}: the routes' schemas let no other through. */
function parseTags(field: string, keepWeak: boolean): TagTest {
  if (field === '*') return () => true;
  const tags = field.match(ONE_TAG) ?? [];
  const strong = new Set(
    tags.filter((tag) => keepWeak || !tag.startsWith('W/')).map((tag) => tag.replace(/^W\//, '')),
  );
  return (version) => strong.has(entityTag(version));
}

/**
 * The precondition of a change, or undefined where the request has none. `If-Match` compares strongly, so a weak tag
 * never matches.
 */
export function preconditionOf(headers: IncomingHttpHeaders): Precondition | undefined {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  const matches = ifMatch === undefined ? () => true : parseTags(ifMatch, false);
  const excluded = ifNoneMatch === undefined ? () => false : parseTags(ifNoneMatch, true);
  return (version) => matches(version) && !excluded(version);
}

/** What a read's preconditions come to for this version: send it, say that it is the same, or refuse. */
export function readOutcome(
  headers: IncomingHttpHeaders,
  version: number,
): 'send' | 'not-modified' | 'refuse' {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch !== undefined && !parseTags(ifMatch, false)(version)) return 'refuse';
  if (ifNoneMatch !== undefined && parseTags(ifNoneMatch, true)(version)) return 'not-modified';
  return 'send';
}
