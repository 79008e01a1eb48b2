/** Generating, parsing and verifying API keys. */

import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { generateKey, KEY_HASH, KEY_ID, keyIdOf, keyState, matchKey } from '../../src/callers/api-key.ts';
import { aKey } from '../support/give-key.ts';

// Proves: brute-force
it('contains its id and 256 random bits, and is stored as a digest', () => {
  const { text, id, hash } = generateKey();
  expect(text).toMatch(/^cars_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
  expect(id).toMatch(KEY_ID);
  expect(keyIdOf(text)).toBe(id);
  expect(hash).toMatch(KEY_HASH);
  expect(hash).toBe(createHash('sha256').update(text).digest('hex'));
  const many = Array.from({ length: 100 }, generateKey);
  expect(new Set(many.map((key) => key.id)).size).toBe(100);
  expect(new Set(many.map((key) => key.text.slice(22))).size).toBe(100);
});

it.each([
  '',
  'cars',
  'cars_0123456789abcdef_',
  `CARS_0123456789abcdef_${'x'.repeat(43)}`,
  'eyJhbGciOiJub25lIn0.e30.',
])('does not parse %j as a key', (text) => {
  expect(keyIdOf(text)).toBeUndefined();
});

it('matches only its own text', () => {
  const key = aKey({ name: 'ann', scopes: ['cars:read'] });
  expect(matchKey(key, key.text)).toEqual({ name: 'ann', scopes: ['cars:read'] });
  // The last character has two unused bits. Changing them must not make a second valid key.
  for (const other of ['A', 'B', 'C', 'D'].map((last) => key.text.slice(0, -1) + last)) {
    expect(matchKey(key, other) === undefined).toBe(other !== key.text);
  }
  expect(matchKey(key, aKey().text)).toBeUndefined();
});

it('is live until it expires or is revoked', () => {
  const key = aKey({ expiresAt: 1000 });
  expect([keyState(key, 999.9), keyState(key, 1000)]).toEqual(['live', 'expired']);
  expect(keyState({ ...key, revokedAt: 500 }, 999)).toBe('revoked');
});
