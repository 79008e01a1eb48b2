/** Locks that another transaction holds on MySQL delay only the requests that need them. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { aCar, aRequest, manyCars, outcomeOf, outcomesOf } from '../support/cars.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { fastest, timed } from '../support/timed.ts';

/**
 * Milliseconds. A call that waits for a lock takes a second at least; one that met it in company
 * waits again alone.
 */
const ONE_WAIT = 1000;
const TWO_WAITS = 2 * ONE_WAIT;

/** What a busy machine may add. */
const MARGIN = 2500;

/**
 * So many that their waits, one after another on the connections that there are, would take far
 * longer.
 */
const MANY = 100;

let created: TestDatabase;
let database: Database;
let foreign: Connection;

beforeEach(async () => {
  created = await createTestDatabase();
  database = await openStarted(created.url);
  foreign = await createConnection({ uri: created.url, multipleStatements: true });
  await Promise.all(manyCars(100).map((fields) => database.cars.create(aRequest(), fields)));
});

afterEach(async () => {
  foreign.destroy();
  await database.close();
  await created.drop();
});

it('changes the other cars of a burst if one of them is locked, and rejects only that one', async () => {
  const { cars } = database;
  await foreign.query('START TRANSACTION; SELECT * FROM cars WHERE id = 7 FOR UPDATE');
  const ids = Array.from({ length: 20 }, (_, index) => index + 1);
  const outcomes = await outcomesOf(ids.map((id) => cars.update(aRequest(), id, { year: 1990 })));
  const told = outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : outcome.version));
  expect(told).toEqual(ids.map((id) => (id === 7 ? 'unavailable' : 2)));
  await foreign.query('ROLLBACK');
  expect(await cars.get(aRequest(), 7)).toMatchObject({ version: 1 });
  expect(await cars.update(aRequest(), 7, { year: 1990 })).toMatchObject({ year: 1990, version: 2 });
});

it('does not wait for a locked car that no request changes', async () => {
  const { cars } = database;
  await foreign.query('START TRANSACTION; SELECT * FROM cars WHERE id = 50 FOR UPDATE');
  const ids = Array.from({ length: 100 }, (_, index) => index + 1).filter((id) => id !== 50);
  const { milliseconds, result } = await fastest(() =>
    outcomesOf(ids.map((id) => cars.update(aRequest(), id, { year: 1990 }))),
  );
  expect(result.map((outcome) => (typeof outcome === 'string' ? outcome : outcome.id))).toEqual(ids);
  expect(milliseconds).toBeLessThan(ONE_WAIT);
});

// Proves: locked-car
it('reads, creates and lists while a car is locked', async () => {
  const { cars } = database;
  await foreign.query('START TRANSACTION; UPDATE cars SET year = 1900 WHERE id = 50');
  const { milliseconds } = await fastest(() =>
    Promise.all([
      cars.get(aRequest(), 50),
      cars.create(aRequest(), aCar()),
      cars.count(aRequest(), { year: [1900] }),
    ]),
  );
  expect(milliseconds).toBeLessThan(ONE_WAIT);
});

it('answers all changes to one locked car together, after about a second, and other changes at once', async () => {
  const { cars } = database;
  await foreign.query('START TRANSACTION; SELECT * FROM cars WHERE id = 7 FOR UPDATE');
  const blocked = timed(
    outcomesOf(Array.from({ length: MANY }, () => cars.update(aRequest(), 7, { year: 1990 }))),
  );
  await sleep(1200);
  const other = await fastest(() => cars.update(aRequest(), 8, { year: 1990 }));
  const { milliseconds, result } = await blocked;
  expect(new Set(result)).toEqual(new Set(['unavailable']));
  expect(milliseconds).toBeLessThan(TWO_WAITS + MARGIN);
  expect(other.milliseconds).toBeLessThan(ONE_WAIT);
});

it('keeps changing other cars while more and more changes to a locked one arrive', async () => {
  const { cars } = database;
  await foreign.query('START TRANSACTION; SELECT * FROM cars WHERE id = 7 FOR UPDATE');
  const blocked: Promise<unknown>[] = [];
  const others: number[] = [];
  for (let round = 0; round < 40; round += 1) {
    blocked.push(outcomeOf(cars.update(aRequest(), 7, { year: 1990 })));
    const { milliseconds } = await timed(cars.update(aRequest(), 8, { year: 1990 }));
    others.push(milliseconds);
    await sleep(20);
  }
  expect(new Set(await Promise.all(blocked))).toEqual(new Set(['unavailable']));
  expect(median(others)).toBeLessThan(ONE_WAIT / 4);
});

it('rejects a key as busy while another transaction uses it', async () => {
  const { cars } = database;
  await holdKey();
  const { milliseconds, result, slower } = await fastest(() =>
    outcomeOf(cars.create(aRequest(), aCar(), { caller: '', key: 'held' })),
  );
  expect(result).toBe('idempotency-key-busy');
  expectBusyOrUnavailable(slower);
  expect(milliseconds).toBeGreaterThan(ONE_WAIT * 0.9);
  expect(milliseconds).toBeLessThan(TWO_WAITS + MARGIN);
  expect(await cars.count(aRequest(), {})).toBe(100);
});

it('creates cars with other keys while more and more requests with a busy one arrive', async () => {
  const { cars } = database;
  await holdKey();
  const blocked: Promise<unknown>[] = [];
  const others: number[] = [];
  for (let round = 0; round < 40; round += 1) {
    blocked.push(outcomeOf(cars.create(aRequest(), aCar(), { caller: '', key: 'held' })));
    const { milliseconds } = await timed(
      cars.create(aRequest(), aCar(), { caller: '', key: `other ${round}` }),
    );
    others.push(milliseconds);
    await sleep(20);
  }
  const outcomes = await Promise.all(blocked);
  expect(outcomes).toContain('idempotency-key-busy');
  expectBusyOrUnavailable(outcomes);
  expect(median(others)).toBeLessThan(ONE_WAIT / 4);
  expect(await cars.count(aRequest(), {})).toBe(140);
});

it('rejects all duplicates of a busy key together, after about a second', async () => {
  const { cars } = database;
  await holdKey();
  const { milliseconds, result, slower } = await fastest(() =>
    outcomesOf(
      Array.from({ length: MANY }, () => cars.create(aRequest(), aCar(), { caller: '', key: 'held' })),
    ),
  );
  expect(new Set(result)).toEqual(new Set(['idempotency-key-busy']));
  expectBusyOrUnavailable(slower.flat());
  expect(milliseconds).toBeLessThan(TWO_WAITS + MARGIN);
});

it('replays the answer of a duplicate that commits while it waits', async () => {
  const { cars } = database;
  await holdKey();
  const waiting = Promise.all(
    [1, 2, 3].map(() => cars.create(aRequest(), aCar(), { caller: '', key: 'held' })),
  );
  await sleep(300);
  await foreign.query('COMMIT');
  const car = { ...aCar(), id: 5, version: 1 };
  expect(await waiting).toEqual([1, 2, 3].map(() => ({ car, replayed: true })));
  expect(await cars.count(aRequest(), {})).toBe(100);
});

it('creates the car if the duplicate that it waits for rolls back', async () => {
  const { cars } = database;
  await holdKey();
  const waiting = cars.create(aRequest(), aCar(), { caller: '', key: 'held' });
  await sleep(300);
  await foreign.query('ROLLBACK');
  expect(await waiting).toMatchObject({ replayed: false, car: aCar() });
});

/** Another task of the service, between its insert and its commit. */
async function holdKey(): Promise<void> {
  const fields = { ...aCar() };
  await foreign.query(
    'START TRANSACTION; INSERT INTO idempotency_keys SET idempotency_key = ?, car_id = 5, created_at = UTC_TIMESTAMP(), ?',
    ['\0held', fields],
  );
}

/** Nobody can know whether a key stays busy if no time is left for a whole wait, or if the server ends it too late. */
function expectBusyOrUnavailable(outcomes: readonly unknown[]): void {
  const expected: unknown[] = ['idempotency-key-busy', 'unavailable'];
  expect(outcomes.filter((outcome) => !expected.includes(outcome))).toEqual([]);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
