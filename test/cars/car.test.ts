/** How the texts of a car are normalised and compared. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseText, textKey } from '../../src/cars/car.ts';

const anyText = fc.string({ unit: 'binary' });

describe('a text', () => {
  it.each([
    ['  Golf ', 'Golf'],
    ['\u00A0Golf\u2003', 'Golf'],
    ['VW  Golf', 'VW  Golf'],
    ['Citroe\u0308n', 'Citroën'],
    ['\u212B', 'Å'],
    ['ﬁ', 'ﬁ'],
    ['🚗', '🚗'],
    ['   ', ''],
  ])('%j is kept as %j', (given, kept) => {
    expect(normaliseText(given)).toBe(kept);
  });

  it.each(['Golf\n', '\tGolf', ' Golf\r\n ', '\u0085Golf', 'Go\u0000lf '])(
    'with a control character, as %j, is not trimmed, so that the rule against them sees it',
    (given) => {
      expect(normaliseText(given)).toBe(given);
    },
  );

  it('is not changed by a second normalisation', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = normaliseText(text);
        expect(normaliseText(once)).toBe(once);
        expect(once.normalize('NFC')).toBe(once);
      }),
      { seed: 1886 },
    );
  });
});

describe('the key of a text', () => {
  it.each([
    ['VOLKSWAGEN', 'volkswagen'],
    ['CITROËN', 'citroën'],
    ['CITROE\u0308N', 'citroën'],
    ['STRAẞE', 'straße'],
    ['İ', 'i\u0307'],
    ['ΟΔΟΣ', 'οδος'],
    ['ΟΔΟΣ ΟΔΟΣ', 'οδος οδος'],
    ['Ǆ', 'ǆ'],
    ['𐐀', '𐐨'],
    ['\u212A\u2126', 'kω'],
    ['ﬁ', 'ﬁ'],
    ['ＡＢＣ', 'ａｂｃ'],
    ['🚗', '🚗'],
  ])('of %j is %j', (text, key) => {
    expect(textKey(text)).toBe(key);
  });

  it('distinguishes texts that differ in more than letter case', () => {
    const texts = ['e', 'é', 'ss', 'ß', 'i', 'ı', 'i\u0307', 'σ', 'ς', 'a', 'ａ', 'fi', 'ﬁ', '0', 'o'];
    expect(new Set(texts.map(textKey)).size).toBe(texts.length);
  });

  it('is composed, is its own key, and is equal for a text and its decomposed form', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const key = textKey(text);
        expect(key.normalize('NFC')).toBe(key);
        expect(textKey(text.normalize('NFD'))).toBe(key);
        expect(textKey(key)).toBe(key);
      }),
      { seed: 1886, numRuns: 2000 },
    );
  });

  it('of a text of a hundred characters has at most the four hundred bytes that the tables hold', () => {
    for (let code = 1; code <= 0x10ffff; code += 1) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const character = String.fromCodePoint(code).normalize('NFC');
      const bytes = Buffer.byteLength(textKey(character));
      if (bytes > 4 * [...character].length) expect(character, 'its key is too long').toBe('');
    }
    expect(Buffer.byteLength(textKey('İ'.repeat(100)))).toBe(300);
  });
});
