/** The cache of API keys: its age, and what happens when the keys cannot be read. */

import { expect, it, onTestFinished } from 'vitest';
import type { ApiKey } from '../../src/callers/api-key.ts';
import { createKeyCache, KeysUnavailableError } from '../../src/callers/key-cache.ts';
import { aKey } from '../support/give-key.ts';

const ANN = aKey({ name: 'ann' });
const BOB = aKey({ name: 'bob' });

/** A cache on a fake clock. No regular read happens during a test. */
function aCache(stored: ApiKey[]) {
  const state = { now: 0, reads: 0, isUnavailable: false };
  const { find, close } = createKeyCache(
    async () => {
      state.reads += 1;
      if (state.isUnavailable) throw new Error('unavailable');
      return [...stored];
    },
    () => state.now,
  );
  onTestFinished(close);
  const found = (key: ApiKey) =>
    Promise.resolve(find(key.id)).then(
      (known) => known?.name ?? 'nobody',
      (error: unknown) => (error instanceof KeysUnavailableError ? 'unknown' : Promise.reject(error)),
    );
  return { state, found };
}

it('reads all keys once', async () => {
  const { state, found } = aCache([ANN, BOB]);
  expect(await Promise.all([found(ANN), found(BOB), found(ANN)])).toEqual(['ann', 'bob', 'ann']);
  expect(state.reads).toBe(1);
});

// Proves: made-up-credentials
it('reads again for an unknown key, at most once a second', async () => {
  const stored = [ANN];
  const { state, found } = aCache(stored);
  await found(ANN);
  stored.push(BOB);
  state.now += 999;
  expect(await found(BOB)).toBe('nobody');
  state.now += 1;
  expect(await found(BOB)).toBe('bob');
  for (let times = 0; times < 100; times += 1) expect(await found(aKey())).toBe('nobody');
  expect(state.reads).toBe(2);
  state.now += 1000;
  await Promise.all(Array.from({ length: 100 }, () => found(aKey())));
  expect(state.reads).toBe(3);
});

// Proves: stolen-key
it('trusts its keys for 30 seconds while they cannot be read, and then accepts none', async () => {
  const { state, found } = aCache([ANN]);
  await found(ANN);
  state.isUnavailable = true;
  state.now += 30_000;
  expect(await found(ANN)).toBe('ann');
  state.now += 1;
  expect(await found(ANN)).toBe('unknown');
  state.isUnavailable = false;
  state.now += 1000;
  expect(await found(ANN)).toBe('ann');
});

it('does not reject a key as wrong while the keys cannot be read', async () => {
  const { state, found } = aCache([ANN]);
  state.isUnavailable = true;
  expect(await found(ANN)).toBe('unknown');
  state.now += 1000;
  state.isUnavailable = false;
  expect(await found(ANN)).toBe('ann');
  state.now += 1000;
  state.isUnavailable = true;
  expect([await found(BOB), await found(ANN)]).toEqual(['unknown', 'ann']);
});
