/** Entity tags: a car's version as a strong ETag, and the preconditions that name them (RFC 9110, sections 8.8.3 and 13). */

import type { IncomingHttpHeaders } from 'node:http';
import type { Precondition } from '../cars/car-store.ts';
import { Problem } from './problem.ts';

export function entityTag(version: number): string {
  return `"${version}"`;
}

/** RFC 9110, section 8.8.3: an opaque tag in quotes, `W/` before a weak one; a list separates them by commas. */
const ONE_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;
const TAG_LIST =
  /^[ \t]*(?:,[ \t]*)*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:[ \t]*,(?:[ \t]*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")?)*[ \t]*$/;

/** Whether a version is among those that a header field lists, `*` being every one. Throws a {@link Problem}. */
type TagTest = (version: number) => boolean;

function parseTags(field: string, name: string, keepWeak: boolean): TagTest {
  if (field.trim() === '*') return () => true;
  if (!TAG_LIST.test(field)) {
    throw new Problem('invalid-parameter', `${name} is not a list of entity tags.`, {
      errors: [{ parameter: name, detail: 'must be "*" or entity tags in quotes, separated by commas' }],
    });
  }
  const tags = field.match(ONE_TAG) ?? [];
  const strong = new Set(
    tags.filter((tag) => keepWeak || !tag.startsWith('W/')).map((tag) => tag.replace(/^W\//, '')),
  );
  return (version) => strong.has(entityTag(version));
}

/**
 * The precondition of a change, or undefined where the request has none. `If-Match` compares strongly, so a weak tag
 * never matches. Throws a {@link Problem} for a field that is not a list of tags.
 */
export function preconditionOf(headers: IncomingHttpHeaders): Precondition | undefined {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  const matches = ifMatch === undefined ? () => true : parseTags(ifMatch, 'If-Match', false);
  const excluded = ifNoneMatch === undefined ? () => false : parseTags(ifNoneMatch, 'If-None-Match', true);
  return (version) => matches(version) && !excluded(version);
}

/** What a read's preconditions come to for this version: send it, say that it is the same, or refuse. */
export function readOutcome(
  headers: IncomingHttpHeaders,
  version: number,
): 'send' | 'not-modified' | 'refuse' {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch !== undefined && !parseTags(ifMatch, 'If-Match', false)(version)) return 'refuse';
  if (ifNoneMatch !== undefined && parseTags(ifNoneMatch, 'If-None-Match', true)(version))
    return 'not-modified';
  return 'send';
}
