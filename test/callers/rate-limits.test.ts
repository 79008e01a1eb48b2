/** Budgets of requests, on a clock that stands still until a test moves it. */

import { expect, it } from 'vitest';
import { createBudgets } from '../../src/callers/rate-limits.ts';

function aBudget(perMinute: number) {
  let now = 0;
  const budgets = createBudgets(perMinute, () => now);
  const takeAll = (who: string) => {
    let taken = 0;
    while (taken < 1000 && budgets.take(who)) taken += 1;
    return taken;
  };
  return {
    ...budgets,
    takeAll,
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

it("gives a minute's requests at once, then one after another as they come back", () => {
  const { take, takeAll, stateOf, pass } = aBudget(6);
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

it.each([1, 7, 60, 61, 999])('keeps its word on when the next of %i a minute is possible', (perMinute) => {
  const { take, takeAll, stateOf, pass } = aBudget(perMinute);
  takeAll('ann');
  for (let times = 0; times < 100; times += 1) {
    pass(stateOf('ann').untilNext);
    expect(take('ann')).toBe(true);
    takeAll('ann');
  }
});

it('takes nothing from one for what another asks', () => {
  const { takeAll } = aBudget(3);
  expect([takeAll('ann'), takeAll('bob'), takeAll('ann')]).toEqual([3, 3, 0]);
});

it('gives back no more than was there', () => {
  const { takeAll, giveBack, stateOf } = aBudget(3);
  giveBack('ann');
  expect(stateOf('ann').remaining).toBe(3);
  takeAll('ann');
  giveBack('ann');
  expect(takeAll('ann')).toBe(1);
});

it('keeps so many buckets and no more, however many callers come, and forgets those that it did not see for longest', () => {
  const { takeAll, take, size } = aBudget(2);
  takeAll('first');
  for (let caller = 0; caller < 50_000; caller += 1) {
    take(`attacker ${caller}`);
    // One who goes on asking is not forgotten, whoever else comes.
    if (caller % 1000 === 0) expect(take('first')).toBe(false);
  }
  expect(size()).toBe(10_000);
  expect(takeAll('attacker 0')).toBe(2);
  expect(takeAll('attacker 49999')).toBe(1);
});
