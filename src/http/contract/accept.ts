/** Content negotiation: which of the media types that a path returns `Accept` allows (RFC 9110, section 12.5.1). */

import { Problem } from './problem.ts';

/** Clients generated from the OpenAPI document name only this type if an operation has no other documented body. */
const PROBLEM_TYPE = 'application/problem+json';

/** A quoted string, which may contain commas. One without an end reaches to the end of the field. */
const QUOTED = /"(?:[^"\\]|\\.)*"?/gs;

const WEIGHT = /^q=(\d(?:\.\d*)?)$/;

/** Throws a {@link Problem} unless `Accept` allows `produces` or names problem documents. */
export function checkAcceptable(accept: string | undefined, produces: string): void {
  preferredType(accept, [produces]);
}

/**
 * The offered media type that `Accept` gives the highest weight; of equal ones the first. Throws a {@link Problem} if it
 * allows none of them, nor problem documents.
 */
export function preferredType(accept: string | undefined, offered: readonly [string, ...string[]]): string {
  const [first] = offered;
  // What nearly every client sends needs no parsing.
  if (!accept || accept === '*/*' || accept === first) return first;
  const weights = parseWeights(accept);
  const best = offered.reduce((best, type) => (weigh(type, weights) > weigh(best, weights) ? type : best));
  if (weigh(best, weights) > 0 || weights.get(PROBLEM_TYPE)) return best;
  throw new Problem('not-acceptable', `This path returns ${offered.join(' or ')} only.`);
}

/** The most specific range decides. */
function weigh(type: string, weights: ReadonlyMap<string, number>): number {
  const [group] = type.split('/');
  return weights.get(type) ?? weights.get(`${group}/*`) ?? weights.get('*/*') ?? 0;
}

/** The weight of each media range of the field. All other parameters are ignored, and so are malformed weights. */
function parseWeights(accept: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const member of accept.toLowerCase().replace(QUOTED, '').split(',')) {
    const [range = '', ...parameters] = member.split(';').map((part) => part.trim());
    const weight = Math.min(
      1,
      ...parameters.flatMap((parameter) => WEIGHT.exec(parameter)?.[1] ?? []).map(Number),
    );
    weights.set(range, Math.max(weight, weights.get(range) ?? 0));
  }
  return weights;
}
