/** Rate limits, on a fake clock. */

import { describe, expect, it } from 'vitest';
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

describe('with more clients than it can remember', () => {
  it('keeps at most 10,000 buckets, and those longest that are emptiest', () => {
    const { takeAll, take, size } = aLimiter(100);
    takeAll('throttled');
    for (let client = 0; client < 50_000; client += 1) take(`attacker ${client}`);
    expect(size()).toBeLessThanOrEqual(10_000);
    expect(take('throttled')).toBe(false);
    // It shares what it owes with a few clients that were evicted.
    expect(takeAll('attacker 49999')).toBeGreaterThan(50);
  });

  it('gives a throttled client that was evicted no fresh budget', () => {
    const { takeAll, pass } = aLimiter(6);
    takeAll('throttled');
    pass(1);
    for (let client = 0; client < 10_050; client += 1) takeAll(`attacker ${client}`);
    expect(takeAll('throttled')).toBe(0);
    pass(60);
    expect(takeAll('throttled')).toBe(6);
  });

  it('forgets full buckets first', () => {
    const { takeAll, take, pass, size } = aLimiter(6);
    for (let client = 0; client < 9000; client += 1) take(`early ${client}`);
    pass(60);
    takeAll('throttled');
    for (let client = 0; client < 2000; client += 1) take(`late ${client}`);
    expect(size()).toBeLessThanOrEqual(10_000);
    expect([takeAll('throttled'), takeAll('late 0'), takeAll('new')]).toEqual([0, 5, 6]);
  });
});
