/** Content negotiation: whether `Accept` allows the one media type that a path returns (RFC 9110, section 12.5.1). */

import { Problem } from './problem.ts';

/** Clients generated from the OpenAPI document name only this type if an operation has no other documented body. */
const PROBLEM_TYPE = 'application/problem+json';

/** A quoted string, which may contain commas. One without an end reaches to the end of the field. */
const QUOTED = /"(?:[^"\\]|\\.)*"?/gs;

/** A weight of zero: the range excludes what it matches. */
const ZERO = /^q=0(?:\.0*)?$/;

/** Throws a {@link Problem} unless `Accept` allows `produces` or names problem documents. */
export function checkAcceptable(accept: string | undefined, produces: string): void {
  // What nearly every client sends needs no parsing.
  if (accept === undefined || accept === '*/*' || accept === produces) return;
  const ranges = parseRanges(accept);
  const [type] = produces.split('/');
  // The most specific range decides.
  const isAllowed = ranges.get(produces) ?? ranges.get(`${type}/*`) ?? ranges.get('*/*');
  if (isAllowed || ranges.get(PROBLEM_TYPE)) return;
  throw new Problem('not-acceptable', `This path returns ${produces} only.`);
}

/** Each media range of the field, and whether its weight allows it. All parameters but the weight are ignored. */
function parseRanges(accept: string): Map<string, boolean> {
  const ranges = new Map<string, boolean>();
  for (const member of accept.toLowerCase().replace(QUOTED, '').split(',')) {
    const [range = '', ...parameters] = member.split(';').map((part) => part.trim());
    const isAllowed = !parameters.some((parameter) => ZERO.test(parameter));
    ranges.set(range, isAllowed || ranges.get(range) === true);
  }
  return ranges;
}
