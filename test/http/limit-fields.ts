/** RateLimit and RateLimit-Policy as draft-ietf-httpapi-ratelimit-headers-10 has them, read by a parser of structured fields. */

import { type Item, isInnerList, parseList, serializeList } from 'structured-headers';
import { expect } from 'vitest';
import type { Answer } from './answer.ts';

export interface LimitFields {
  readonly policy: string;
  /** `q` requests in `w` seconds. */
  readonly quota: number;
  readonly window: number;
  /** `r` requests now, and `t` seconds until there are more. */
  readonly remaining: number;
  readonly seconds: number | undefined;
}

/** Reads both fields, which must be there; fails where one breaks a rule of the draft. */
export function readLimitFields({ headers }: Pick<Answer, 'headers'>): LimitFields {
  const policy = onlyItem(headers.get('ratelimit-policy'));
  const limit = onlyItem(headers.get('ratelimit'));
  // Section 4.1: the one names the other.
  expect(limit.name).toBe(policy.name);
  const { q, w, ...others } = policy.parameters;
  const { r, t, ...more } = limit.parameters;
  // `pk` is left out: it would tell who is counted together. `qu` is requests where it is not told.
  expect([others, more]).toEqual([{}, {}]);
  return {
    policy: policy.name,
    quota: natural('q', q),
    window: natural('w', w, 1),
    remaining: natural('r', r),
    seconds: t === undefined ? undefined : natural('t', t, 1),
  };
}

/** Sections 3 and 4: a list of items, each a text (no token) with parameters. Ours has one. */
function onlyItem(field: string | null) {
  const list = parseList(field ?? '');
  expect(list, String(field)).toHaveLength(1);
  // RFC 9651, section 4.1: as it would be written by the book, so that no decimal is taken for an integer.
  expect(serializeList(list)).toBe(field);
  const [member] = list;
  if (member === undefined || isInnerList(member)) throw new Error(`no item: ${field}`);
  const [name, parameters]: Item = member;
  if (typeof name !== 'string' || name === '') throw new Error(`not the name of a policy: ${field}`);
  return { name, parameters: Object.fromEntries(parameters) };
}

/** Sections 3.1.1, 3.1.3, 4.1.1 and 4.1.2. */
function natural(parameter: string, value: unknown, least = 0): number {
  const isNatural = typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
  if (!isNatural) throw new Error(`${parameter} must be an integer from ${least}, was ${String(value)}`);
  return value;
}
