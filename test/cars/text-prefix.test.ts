/** The ranges of keys that start with a text. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textKey } from '../../src/cars/car.ts';
import { prefixRanges } from '../../src/cars/text-prefix.ts';

/** As a database compares: by the bytes of UTF-8. */
const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** How many of the prefix's ranges hold a text's key. */
function matches(prefix: string, text: string): number {
  const key = textKey(text);
  return prefixRanges(prefix).filter(
    ({ from, to }) => compare(from, key) <= 0 && (to === undefined || compare(key, to) < 0),
  ).length;
}

describe('the ranges of a prefix', () => {
  it.each([
    ['go', 'Golf', 1],
    ['GO', 'golf', 1],
    ['golf', 'Golf', 1],
    ['golf ', 'Golf', 0],
    ['gof', 'Golf', 0],
    ['%', '%', 1],
    ['_o', 'Golf', 0],
    ['\\', '\\', 1],
    ['a\u0000', 'a\u0000b', 1],
    ['a\u0000', 'ab', 0],
    ['caf', 'Café', 1],
    ['cafe', 'Café', 0],
    ['cafe\u0301', 'CAFÉ 2', 1],
    ['İ', 'i̇zmir', 1],
    ['\uD7FF', '\uD7FFx', 1],
    ['\uD7FF', '\uE000', 0],
    ['\uFFFF', '\u{10000}', 0],
    ['🚗', '🚗🚗', 1],
    ['🚗', '🚘', 0],
    ['\u{10FFFF}', '\u{10FFFF}a', 1],
    ['a\u{10FFFF}', 'a\u{10FFFF}a', 1],
    ['a\u{10FFFF}', 'b', 0],
  ])('%j match %j: %i', (prefix, text, count) => {
    expect(matches(prefix, text)).toBe(count);
  });

  it('match a word at each of its letters while it is typed in capitals or small letters', () => {
    for (const word of ['ΟΔΟΣ', 'ΟΔΟΣΑ', 'ΣΑΣ', 'ΑΣ.Β', 'ΑΣ.', "ΑΣ'Σ", 'ΑΣ\u0301Α', 'ΣΣ ΣΣ', 'ΆΣ-Σ']) {
      for (const typed of [word, word.toLowerCase()]) {
        const letters = Array.from(typed.normalize('NFC'));
        for (let length = 1; length <= letters.length; length += 1) {
          const prefix = letters.slice(0, length).join('');
          expect([prefix, matches(prefix, word)]).toEqual([prefix, 1]);
        }
      }
    }
  });

  it('hold exactly the keys that start with the key, and with its other sigma', () => {
    const letters = fc.constantFrom(
      ...['a', 'B', 'Σ', 'σ', 'ς', '.', '\u0301', 'é', 'İ', '%', '_', '\\', '\u0000'],
      ...['\uD7FF', '\uE000', '\uFFFF', '🚗', '\u{10FFFF}', ' '],
    );
    const text = fc.string({ unit: letters, minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(text, text, (prefix, rest) => {
        const key = textKey(prefix);
        const other = key.replace(/[σς](?=(?:\.|\u0301)*$)/, (sigma) => (sigma === 'σ' ? 'ς' : 'σ'));
        for (const whole of [prefix, rest, prefix + rest]) {
          const starts = [key, other].some((start) => textKey(whole).startsWith(start));
          expect(matches(prefix, whole)).toBe(starts ? 1 : 0);
        }
      }),
      { seed: 1886, numRuns: 2000 },
    );
  });
});
