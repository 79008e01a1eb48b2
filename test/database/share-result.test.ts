/** The result of one call, shared among all who ask for it within a time. */

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { shareResult } from '../../src/database/share-result.ts';

it('makes one call for all who ask while it runs, and for a while after it began', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let calls = 0;
  const ask = shareResult(async () => {
    await nextTurn();
    calls += 1;
    return calls;
  }, 200);
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
  vi.advanceTimersByTime(199);
  expect(await ask()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(await ask()).toBe(2);
});

it('makes one call at a time even if it takes longer than its result is kept', async () => {
  let running = 0;
  let max = 0;
  const ask = shareResult(async () => {
    running += 1;
    max = Math.max(max, running);
    await sleep(60);
    running -= 1;
  }, 10);
  const calls: Promise<void>[] = [];
  for (let call = 0; call < 5; call += 1) {
    calls.push(ask());
    await sleep(15);
  }
  await Promise.all(calls);
  expect(max).toBe(1);
});

it('shares a failure as well, and asks again afterwards', async () => {
  const results = [Promise.reject(new Error('away')), Promise.resolve('back')];
  results[0]?.catch(() => {});
  const ask = shareResult(() => results.shift() ?? Promise.resolve('?'), 50);
  await expect(ask()).rejects.toThrow('away');
  await expect(ask()).rejects.toThrow('away');
  await sleep(60);
  expect(await ask()).toBe('back');
});
