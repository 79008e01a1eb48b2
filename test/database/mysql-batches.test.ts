/** Batched requests on MySQL: a request that fails does not affect the rest of its batch. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { CarError } from '../../src/cars/car-error.ts';
import type { Database } from '../../src/database/database.ts';
import { aCar, aRequest, manyCars, outcomesOf } from '../support/cars.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

/** The HTTP layer lets no such year through; the table refuses it too. */
const IMPOSSIBLE = 70_000;

let created: TestDatabase;
let database: Database;

beforeEach(async () => {
  created = await createTestDatabase();
  database = await openStarted(created.url);
});

afterEach(async () => {
  await database.close();
  await created.drop();
});

it.each([
  ['without', undefined],
  ['with', 'key'],
])('creates the other cars of a batch, %s keys, if the server rejects one of them', async (_, key) => {
  const { cars } = database;
  const years = [2001, IMPOSSIBLE, 2003, 2004];
  const calls = years.map((year) =>
    cars.create(
      aRequest(),
      aCar({ year }),
      key === undefined ? undefined : { caller: '', key: `${key} ${year}` },
    ),
  );
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  // A fault of ours, not one that the caller could wait out.
  expect(outcomes[1]).toMatchObject({ reason: { errno: 1264 } });
  expect(outcomes[1]).not.toMatchObject({ reason: expect.any(CarError) });
  const { cars: stored } = await cars.list(aRequest(), {
    filter: {},
    sort: [{ field: 'year', descending: false }],
    limit: 9,
  });
  expect(stored.map((car) => car.year)).toEqual([2001, 2003, 2004]);
});

it('creates a car for each request, even if two requests pass the same object', async () => {
  const { cars } = database;
  const fields = aCar();
  const calls = [
    cars.create(aRequest(), fields),
    cars.create(aRequest(), aCar({ year: IMPOSSIBLE })),
    cars.create(aRequest(), fields),
  ];
  const [one, , other] = await Promise.allSettled(calls);
  expect(one).toMatchObject({ status: 'fulfilled', value: { replayed: false } });
  expect(other).toMatchObject({ status: 'fulfilled', value: { replayed: false } });
  expect(one).not.toEqual(other);
  expect(await cars.count(aRequest(), {})).toBe(2);
});

it('changes the other cars of a batch if the server rejects the change of one', async () => {
  const { cars } = database;
  for (const _ of [1, 2, 3]) await cars.create(aRequest(), aCar());
  const years = [1990, IMPOSSIBLE, 1992];
  const outcomes = await Promise.allSettled(
    years.map((year, index) => cars.update(aRequest(), index + 1, { year })),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  const stored = await Promise.all([1, 2, 3].map((id) => cars.get(aRequest(), id)));
  expect(stored.map(({ year, version }) => [year, version])).toEqual([
    [1990, 2],
    [2018, 1],
    [1992, 2],
  ]);
});

it('creates one car for each key when two instances get the same requests', async () => {
  const second = await openStarted(created.url);
  const keys = Array.from({ length: 300 }, (_, index) => `key ${index % 100}`);
  const ask = ({ cars }: Database, order: readonly string[]) =>
    outcomesOf(order.map((key) => cars.create(aRequest(), aCar({ model: key }), { caller: '', key })));
  const outcomes = await Promise.all([ask(database, keys), ask(second, keys.toReversed())]);
  const answers = outcomes.flat().filter((outcome) => typeof outcome !== 'string');
  expect(answers).toHaveLength(600);
  expect(answers.filter((answer) => !answer.replayed)).toHaveLength(100);
  expect(new Set(answers.map(({ car }) => `${car.id} ${car.model}`)).size).toBe(100);
  expect(await second.cars.count(aRequest(), {})).toBe(100);
  await second.close();
});

it('loses no change when two instances change the same cars', async () => {
  const second = await openStarted(created.url);
  for (const _ of [1, 2, 3, 4, 5]) await database.cars.create(aRequest(), aCar());
  const ids = Array.from({ length: 200 }, (_, index) => 1 + (index % 5));
  const change = ({ cars }: Database, name: string, order: readonly number[]) =>
    outcomesOf(order.map((id, index) => cars.update(aRequest(), id, { model: `${name} ${index}` })));
  const outcomes = await Promise.all([change(database, 'one', ids), change(second, 'two', ids.toReversed())]);
  expect(outcomes.flat().filter((outcome) => typeof outcome === 'string')).toEqual([]);
  const stored = await Promise.all([1, 2, 3, 4, 5].map((id) => second.cars.get(aRequest(), id)));
  expect(stored.map((car) => car.version)).toEqual([81, 81, 81, 81, 81]);
  await second.close();
});

/** Keeps the cars of a batch together: they arrive in one turn of the event loop. */
async function createMany(count: number, withKeys: boolean): Promise<void> {
  const { cars } = database;
  const calls = manyCars(count).map((fields, index) =>
    cars.create(aRequest(), fields, withKeys ? { caller: '', key: `key ${index}` } : undefined),
  );
  const created = await Promise.all(calls);
  const stored = await Promise.all(created.map(({ car }) => cars.get(aRequest(), car.id)));
  expect(stored).toEqual(created.map(({ car }) => car));
  expect(stored).toMatchObject(manyCars(count));
  for (const { car } of created) {
    const { changes } = await cars.history(aRequest(), { carId: car.id, limit: 2 });
    expect(changes).toMatchObject([{ kind: 'created', after: { model: car.model, year: car.year } }]);
  }
}

it.each([
  ['with', true],
  ['without', false],
])('gives new cars %s keys their own ids after the step between ids has changed', async (_, withKeys) => {
  // As in a cluster that a server joins: the server changes the variable of an open session.
  await created.query(
    'CREATE TRIGGER join_cluster AFTER DELETE ON cars FOR EACH ROW SET SESSION auto_increment_increment = 3',
  );
  await database.cars.create(aRequest(), aCar());
  await database.cars.delete(aRequest(), 1);
  await createMany(20, withKeys);
});

it.each([
  ['with', true],
  ['without', false],
])('gives new cars %s keys their own ids while the step between ids changes', async (_, withKeys) => {
  await created.query(
    `CREATE TRIGGER join_cluster BEFORE INSERT ON cars FOR EACH ROW
     SET SESSION auto_increment_increment = 3`,
  );
  await createMany(20, withKeys);
});
