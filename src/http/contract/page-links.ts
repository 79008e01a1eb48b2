/** The Link header that connects pages (RFC 8288). Its URLs are relative and keep every parameter except the cursor. */

import { LIMITS } from '../limits.ts';
import { Problem } from './problem.ts';

/** Entries on a page if the request has no `limit`. */
export const DEFAULT_LIMIT = 100;

type Value = string | number;

/** @param next the cursor of the next page, if there is one. */
export type PageLinks = (next: string | undefined) => string;

/** Throws a {@link Problem} `uri-too-long` if the URL of the next page could be too long to be requested. */
export function createPageLinks(
  path: string,
  query: Readonly<Record<string, Value | readonly Value[]>>,
): PageLinks {
  const same: [string, string][] = [];
  for (const [name, value] of Object.entries(query)) {
    if (name === 'cursor') continue;
    if (typeof value === 'object') for (const one of value) same.push([name, String(one)]);
    else same.push([name, String(value)]);
  }
  const text = new URLSearchParams(same).toString();
  const first = text === '' ? path : `${path}?${text}`;
  if (first.length > LIMITS.listTargetSize) {
    throw new Problem(
      'uri-too-long',
      `The URL, percent-encoded and without the cursor, is longer than ${LIMITS.listTargetSize} bytes.`,
    );
  }
  const link = `<${first}>; rel="first"`;
  // A cursor is base64url, which needs no encoding.
  const nextOf = (cursor: string) => `<${first}${text === '' ? '?' : '&'}cursor=${cursor}>; rel="next"`;
  return (next) => (next === undefined ? link : `${nextOf(next)}, ${link}`);
}
