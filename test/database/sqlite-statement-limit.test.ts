/** A statement of SQLite that reads for too long is answered `unavailable`, and the next one works. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { CarStore } from '../../src/cars/car-store.ts';
import { createCarStore } from '../../src/database/sqlite/car-store.ts';
import { openConnection } from '../../src/database/sqlite/connection.ts';
import { aRequest, sortOf } from '../support/cars.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestFile, type TestDatabase } from '../support/test-database.ts';

/** Milliseconds between two looks at the clock. Two are longer than a statement may take, but shorter than a list may wait. */
const STEP = 510;

let file: TestDatabase;
let cars: CarStore;
let close: () => void;

beforeEach(async () => {
  file = createTestFile();
  await (await openStarted(file.url)).close();
  const connection = openConnection(file.url.replace('sqlite:', ''));
  cars = createCarStore(connection, false);
  close = () => connection.close();
  connection.exec(
    `WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 3000)
     INSERT INTO cars (id, brand, brand_key, model, model_key, year)
     SELECT id, 'Audi', 'audi', 'A' || id, 'a' || id, 2000 FROM n`,
  );
});
afterEach(async () => {
  vi.restoreAllMocks();
  close();
  await file.drop();
});

const list = (filter: object, sort: string) =>
  cars.list(aRequest(), { filter, sort: sortOf(sort), limit: 10 });

it.each<[string, () => Promise<unknown>]>([
  ['a search', () => list({ q: 'aud' }, 'year')],
  ['a list with several values', () => list({ brand: ['audi', 'bmw'] }, 'model')],
  ['a list of a brand in the order of another field', () => list({ brand: ['audi'] }, 'model')],
  ['a list of years in the order of another field', () => list({ yearMin: 1999 }, 'brand')],
  ['a list in the order of two fields', () => list({}, 'year,model')],
  ['a count', () => cars.count(aRequest(), { yearMin: 1999 })],
  ['counts', () => cars.counts(aRequest(), { filter: {}, by: 'brand', limit: 10 })],
  // Reads the whole index by brand, although the year rejects every row of it.
  [
    'counts without any match',
    () => cars.counts(aRequest(), { filter: { yearMin: 2001 }, by: 'brand', limit: 10 }),
  ],
])('limits the time of %s', async (_, ask) => {
  const before = await ask();
  let time = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => (time += STEP));
  await expect(ask()).rejects.toMatchObject({
    code: 'unavailable',
    cause: { message: 'a statement did not end within 1000 ms' },
  });
  vi.restoreAllMocks();
  expect(await ask()).toEqual(before);
});

it('does not limit a page that an index has in order', async () => {
  let time = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => (time += STEP));
  for (const sort of ['id', 'brand', '-year'])
    expect((await list({}, sort)) as object).toMatchObject({ more: true });
});

it('fails only the list that was too slow, not others that arrived with it', async () => {
  let time = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => (time += STEP));
  const slow = [list({ q: 'aud' }, 'year'), list({ brand: ['audi', 'bmw'] }, 'model')];
  const outcomes = await Promise.allSettled([...slow, list({}, 'id')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
});

it('lets other work run between lists that arrived together', async () => {
  const ended: string[] = [];
  const lists = ['id', 'brand', 'year'].map((sort) => list({}, sort).then(() => ended.push(sort)));
  await lists[0];
  // By now, everything that the same turn of the event loop resolved has been seen.
  await new Promise<void>(process.nextTick);
  expect(ended).toEqual(['id']);
  await Promise.all(lists);
});
