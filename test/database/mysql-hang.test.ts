/** A MySQL server that hangs: connections stay open, and nothing answers. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { startServer } from '../../tools/mysql-server.ts';
import type { OwnServer } from '../../tools/own-server.ts';
import { aCar, aRequest, outcomeOf, outcomesOf } from '../support/cars.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { timed } from '../support/timed.ts';
import { untilReady } from '../support/until-ready.ts';

let server: OwnServer;
let created: TestDatabase;
let database: Database;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

beforeEach(async () => {
  created = await createTestDatabase(server.url);
  database = await openStarted(created.url);
  const { cars } = database;
  await cars.create(aRequest(), aCar());
  // Opens as many connections as the calls of these tests use.
  await Promise.all([
    cars.get(aRequest(), 1),
    cars.create(aRequest(), aCar()),
    cars.update(aRequest(), 1, {}),
    cars.count(aRequest(), {}),
  ]);
  await server.pause();
});

afterEach(async () => {
  await server.resume();
  await database.close();
  await created.drop();
});

it('is reported as not ready within about a second, however many requests wait, and as ready when it continues', async () => {
  const { cars } = database;
  const waiting = outcomesOf(Array.from({ length: 20 }, () => cars.count(aRequest(), {})));
  const { milliseconds, result } = await timed(outcomeOf(database.checkReady()));
  expect(result).toBe('unavailable');
  expect(milliseconds).toBeLessThan(3000);
  await server.resume();
  await untilReady(database);
  expect([2, 'unavailable']).toEqual(expect.arrayContaining([...new Set(await waiting)]));
});

it('lets no request wait forever', async () => {
  const { cars } = database;
  const calls = [
    cars.get(aRequest(), 1),
    cars.create(aRequest(), aCar()),
    cars.update(aRequest(), 1, { year: 1990 }),
    cars.count(aRequest(), {}),
  ];
  const { milliseconds, result } = await timed(Promise.all(calls.map((call) => outcomeOf<unknown>(call))));
  expect(result).toEqual([
    'unavailable',
    expect.stringMatching(/^(outcome-unknown|unavailable)$/),
    'unavailable',
    'unavailable',
  ]);
  expect(milliseconds).toBeLessThan(8_000);
  await server.resume();
  await untilReady(database);
  expect(await cars.get(aRequest(), 1)).toEqual({ ...aCar(), id: 1, version: 1 });
});
