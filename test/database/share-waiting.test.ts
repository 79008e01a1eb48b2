/** Equal queries that wait together are asked once. */

import { expect, it } from 'vitest';
import { newUsage } from '../../src/cars/request-context.ts';
import { createSharedBatch } from '../../src/database/share-waiting.ts';

/** A batch that runs one query at a time, and the queries that it ran. */
function createRecorded(fails = false) {
  const ran: string[] = [];
  const batch = createSharedBatch<{ readonly by: string }, readonly string[]>({
    name: 'test',
    maxSize: 1,
    maxConcurrent: 1,
    rowsOf: (result) => result.length,
    run: async ([query]) => {
      ran.push(query?.by ?? '');
      if (fails) throw new Error('failed');
      return [[`${query?.by} ${ran.length}`]];
    },
  });
  return { ran, batch };
}

it('asks equal queries that wait together once, and notes the use of each', async () => {
  const { ran, batch } = createRecorded();
  const usages = Array.from({ length: 4 }, () => newUsage());
  const results = await Promise.all(
    usages.map((usage, index) => batch.add({ by: index === 3 ? 'year' : 'brand' }, usage)),
  );
  expect(ran).toEqual(['brand', 'year']);
  expect(results).toEqual([['brand 1'], ['brand 1'], ['brand 1'], ['year 2']]);
  // The same object: what is rendered from it is rendered once.
  expect(results[0]).toBe(results[2]);
  for (const { rows, waited, worked } of usages) {
    expect(rows).toBe(1);
    expect(waited + worked).toBeGreaterThan(0);
  }
});

it('asks again for a query that arrives when an equal one runs or has ended', async () => {
  const { ran, batch } = createRecorded();
  const first = batch.add({ by: 'brand' }, newUsage());
  await new Promise(setImmediate);
  expect(ran).toEqual(['brand']);
  const second = batch.add({ by: 'brand' }, newUsage());
  expect(await Promise.all([first, second])).toEqual([['brand 1'], ['brand 2']]);
  expect(await batch.add({ by: 'brand' }, newUsage())).toEqual(['brand 3']);
});

it('rejects all who share a query that fails, and asks it again later', async () => {
  const { ran, batch } = createRecorded(true);
  const ask = () => batch.add({ by: 'brand' }, newUsage());
  const outcomes = await Promise.allSettled([ask(), ask()]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(ask()).rejects.toThrow('failed');
  expect(ran).toEqual(['brand', 'brand']);
});
