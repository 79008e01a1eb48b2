/** Rate limits, on a fake clock. */

import { expect, it } from 'vitest';
import { createRateLimiter } from '../../src/callers/rate-limits.ts';

function aLimiter(perMinute: number) {
  let now = 0;
  const limiter = createRateLimiter(perMinute, () => now);
  const takeAll = (who: string) => {
    let taken = 0;
    while (taken < 1000 && limiter.take(who)) taken += 1;
    return taken;
  };
  return {
    ...limiter,
    takeAll,
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

it("allows one minute's requests at once, then one whenever a token is back", () => {
  const { take, takeAll, stateOf, pass } = aLimiter(6);
  expect(stateOf('ann')).toEqual({ remaining: 6, untilNext: 0, untilFull: 0 });
  expect(takeAll('ann')).toBe(6);
  expect(stateOf('ann')).toEqual({ remaining: 0, untilNext: 10, untilFull: 60 });
  pass(9);
  expect([take('ann'), stateOf('ann').untilNext]).toEqual([false, 1]);
  pass(1);
  expect([take('ann'), take('ann')]).toEqual([true, false]);
  pass(3600);
  expect(takeAll('ann')).toBe(6);
});

it.each([1, 7, 60, 61, 999])('allows the next request exactly when it said, at %i a minute', (perMinute) => {
  const { take, takeAll, stateOf, pass } = aLimiter(perMinute);
  takeAll('ann');
  for (let times = 0; times < 100; times += 1) {
    pass(stateOf('ann').untilNext);
    expect(take('ann')).toBe(true);
    takeAll('ann');
  }
});

it('counts each client separately', () => {
  const { takeAll } = aLimiter(3);
  expect([takeAll('ann'), takeAll('bob'), takeAll('ann')]).toEqual([3, 3, 0]);
});

it('never gives back more than the limit', () => {
  const { takeAll, giveBack, stateOf } = aLimiter(3);
  giveBack('ann');
  expect(stateOf('ann').remaining).toBe(3);
  takeAll('ann');
  giveBack('ann');
  expect(takeAll('ann')).toBe(1);
});

it('keeps at most 10,000 buckets, and evicts the least recently used', () => {
  const { takeAll, take, size } = aLimiter(2);
  takeAll('first');
  for (let caller = 0; caller < 50_000; caller += 1) {
    take(`attacker ${caller}`);
    // A client that keeps sending requests is not evicted.
    if (caller % 1000 === 0) expect(take('first')).toBe(false);
  }
  expect(size()).toBe(10_000);
  expect(takeAll('attacker 0')).toBe(2);
  expect(takeAll('attacker 49999')).toBe(1);
});
