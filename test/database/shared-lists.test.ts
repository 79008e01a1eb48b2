/** List queries that wait together share a page; rejected ones are not shared with later ones. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { CarListQuery, CarPage } from '../../src/cars/car-list.ts';
import { newUsage } from '../../src/cars/request-context.ts';
import { createSharedLists } from '../../src/database/mysql/shared-lists.ts';
import { sortOf } from '../support/cars.ts';

/** Each year is a query of its own. */
const query = (year: number): CarListQuery => ({ filter: { year: [year] }, sort: sortOf('id'), limit: 1 });
const EMPTY: CarPage = { cars: [], more: false };

it('runs a query once for the requests that wait for it, and again for later ones', async () => {
  const asked: number[] = [];
  const lists = createSharedLists(async (queries) => {
    asked.push(queries.length);
    return queries.map(() => EMPTY);
  });
  await Promise.all([
    lists.add(query(2000), newUsage()),
    lists.add(query(2000), newUsage()),
    lists.add(query(2001), newUsage()),
  ]);
  await lists.add(query(2000), newUsage());
  expect(asked).toEqual([2, 1]);
});

it('runs a query again that was rejected before because too many were waiting', async () => {
  let isSlow = true;
  const lists = createSharedLists(async (queries) => {
    while (isSlow) await sleep(10);
    return queries.map(() => EMPTY);
  });
  // As many round trips as there may be at once, each full; what comes behind them waits in vain.
  const first = Array.from({ length: 32 }, (_, year) => lists.add(query(1900 + year), newUsage()));
  await sleep(20);
  const late = query(2000);
  await expect(lists.add(late, newUsage())).rejects.toMatchObject({ code: 'unavailable' });
  await expect(lists.add(late, newUsage())).rejects.toMatchObject({ code: 'unavailable' });
  isSlow = false;
  await Promise.all(first);
  expect(await lists.add(late, newUsage())).toEqual(EMPTY);
});
