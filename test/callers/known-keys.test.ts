/** The keys that a service holds in memory: how old they may be, and what happens when they cannot be read. */

import { expect, it, onTestFinished } from 'vitest';
import type { ApiKey } from '../../src/callers/api-key.ts';
import { KeysUnknownError, watchKeys } from '../../src/callers/known-keys.ts';
import { aKey } from '../support/give-key.ts';

const ANN = aKey({ name: 'ann' });
const BOB = aKey({ name: 'bob' });

/** Keys on a clock of the test's own. The time between two regular reads does not pass. */
function aWatch(stored: ApiKey[]) {
  const state = { now: 0, reads: 0, isAway: false };
  const { find, close } = watchKeys(
    async () => {
      state.reads += 1;
      if (state.isAway) throw new Error('away');
      return [...stored];
    },
    () => state.now,
  );
  onTestFinished(close);
  const found = (key: ApiKey) =>
    find(key.id).then(
      (known) => known?.name ?? 'nobody',
      (error: unknown) => (error instanceof KeysUnknownError ? 'not to be told' : Promise.reject(error)),
    );
  return { state, found };
}

it('reads once for all that it knows then', async () => {
  const { state, found } = aWatch([ANN, BOB]);
  expect(await Promise.all([found(ANN), found(BOB), found(ANN)])).toEqual(['ann', 'bob', 'ann']);
  expect(state.reads).toBe(1);
});

it('reads again for a key that it does not know, once a second at most', async () => {
  const stored = [ANN];
  const { state, found } = aWatch(stored);
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

it('goes by what it knows for 30 seconds while the keys cannot be read, and lets nobody in after that', async () => {
  const { state, found } = aWatch([ANN]);
  await found(ANN);
  state.isAway = true;
  state.now += 30_000;
  expect(await found(ANN)).toBe('ann');
  state.now += 1;
  expect(await found(ANN)).toBe('not to be told');
  state.isAway = false;
  state.now += 1000;
  expect(await found(ANN)).toBe('ann');
});

it('calls no key wrong while it cannot look for it', async () => {
  const { state, found } = aWatch([ANN]);
  state.isAway = true;
  expect(await found(ANN)).toBe('not to be told');
  state.now += 1000;
  state.isAway = false;
  expect(await found(ANN)).toBe('ann');
  state.now += 1000;
  state.isAway = true;
  expect([await found(BOB), await found(ANN)]).toEqual(['not to be told', 'ann']);
});
