/** Finds the keys that start with a text, as ranges of keys. */

import { textKey } from './car.ts';

/** Keys from `from` up to, but without, `to`; without an upper bound if `to` is undefined. */
export interface KeyRange {
  readonly from: string;
  readonly to: string | undefined;
}

/**
 * The last sigma, if nothing after it decides how it is written. A capital sigma becomes `ς` at the
 * end of a word and `σ` elsewhere, and at the end of a prefix nobody knows whether the word goes on.
 */
const UNDECIDED_SIGMA = /[σς](?=\p{Case_Ignorable}*$)/u;

/**
 * The ranges of all keys (see {@link textKey}) that start with the key of `text`. There are two if
 * a sigma may be written in both ways. Ranges do not overlap and are in ascending order.
 */
export function prefixRanges(text: string): readonly KeyRange[] {
  const key = textKey(text);
  const [final, inner] = ['ς', 'σ'].map((sigma) => rangeOf(key.replace(UNDECIDED_SIGMA, sigma)));
  if (final === undefined || inner === undefined || final.from === inner.from) return [rangeOf(key)];
  // Without a character after the sigma, one range follows the other.
  return final.to === inner.from ? [{ from: final.from, to: inner.to }] : [final, inner];
}

function rangeOf(prefix: string): KeyRange {
  return { from: prefix, to: nextAfterPrefix(prefix) };
}

/** The first text, by code points, after all that start with `prefix`. */
function nextAfterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // Surrogates are no characters, and UTF-8 has no bytes for them.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}

const LAST_CODE_POINT = 0x10ffff;
