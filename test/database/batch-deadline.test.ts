/** Batches: requests that had waited before they came, such as for a check of their credential. */
// Proves: deadline

import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { newUsage } from '../../src/cars/request-context.ts';
import { createBatch } from '../../src/database/batch.ts';
import { createSharedBatch } from '../../src/database/share-waiting.ts';
import { outcomeOf } from '../support/cars.ts';
import { timed } from '../support/timed.ts';

/** The usage of a request that began so many milliseconds ago. */
const after = (milliseconds: number) => ({ ...newUsage(), since: performance.now() - milliseconds });

/** A batch of one round at a time, whose rounds end when the test says so. */
function aBatch() {
  const rounds: { readonly items: readonly string[]; readonly left: number; readonly finish: () => void }[] =
    [];
  const options = {
    name: 'test',
    maxSize: 2,
    maxConcurrent: 1,
    maxWait: 300,
    answerWithin: 1000,
    async run(items: readonly string[], deadline: number) {
      const { promise, resolve } = Promise.withResolvers<void>();
      rounds.push({ items, left: deadline - performance.now(), finish: resolve });
      await promise;
      return items.map((to) => ({ to }));
    },
  };
  return { rounds, options };
}

it('runs first what began first, and gives each round the time that its first item has left', async () => {
  const { rounds, options } = aBatch();
  const { add } = createBatch(options);
  const all = [add('running', newUsage())];
  await nextTurn();
  all.push(add('new', newUsage()), add('old', after(100)), add('oldest', after(200)));
  rounds[0]?.finish();
  await all[0];
  await nextTurn();
  rounds[1]?.finish();
  await all[3];
  await nextTurn();
  rounds[2]?.finish();
  expect((await Promise.all(all)).map(({ to }) => to)).toEqual(['running', 'new', 'old', 'oldest']);
  expect(rounds.map(({ items }) => items)).toEqual([['running'], ['oldest', 'old'], ['new']]);
  expect(rounds[1]?.left).toBeLessThan(800);
  expect(rounds[2]?.left).toBeGreaterThan(800);
});

it('counts the time before an item came towards the time that it may wait', async () => {
  const { rounds, options } = aBatch();
  const { add } = createBatch(options);
  const running = add('running', newUsage());
  await nextTurn();
  // In the order in which they are refused, which does not depend on how busy the machine is.
  const refused: number[] = [];
  const refusal = async (milliseconds: number) => {
    expect(await outcomeOf(add('late', after(milliseconds)))).toBe('unavailable');
    refused.push(milliseconds);
  };
  const { milliseconds } = await timed(Promise.all([refusal(0), refusal(200), refusal(300)]));
  expect(refused).toEqual([300, 200, 0]);
  expect(milliseconds).toBeGreaterThan(250);
  rounds[0]?.finish();
  await running;
});

it('shares no result that may come too late', async () => {
  const { rounds, options } = aBatch();
  const { add } = createSharedBatch(options);
  const running = add('running', newUsage());
  await nextTurn();
  const waiting = [add('same', newUsage()), add('same', after(100)), add('same', newUsage())];
  rounds[0]?.finish();
  await running;
  await nextTurn();
  rounds[1]?.finish();
  await Promise.all(waiting);
  expect(rounds.map(({ items }) => items)).toEqual([['running'], ['same', 'same']]);
  expect(rounds[1]?.left).toBeLessThan(920);
});
