/**
 * Tests that need a MySQL server of their own: it crashes, becomes read-only, or assigns every
 * second id.
 */
// Proves: failover, safe-repetition

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { queryRows, withConnection } from '../../tools/mysql-client.ts';
import { startServer } from '../../tools/mysql-server.ts';
import type { OwnServer } from '../../tools/own-server.ts';
import { aCar, aRequest, manyCars, outcomeOf } from '../support/cars.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { untilReady } from '../support/until-ready.ts';

let server: OwnServer;
let created: TestDatabase;
let database: Database;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

async function open(): Promise<void> {
  created = await createTestDatabase(server.url);
  database = await openStarted(created.url);
}

async function close(): Promise<void> {
  await database.close();
  await created.drop();
}

describe('a server that assigns every second id, as in a cluster with two writers', () => {
  beforeEach(async () => {
    await queryRows(server.url, 'SET GLOBAL auto_increment_increment = 2, GLOBAL auto_increment_offset = 2');
    await open();
  });
  afterEach(async () => {
    await queryRows(server.url, 'SET GLOBAL auto_increment_increment = 1, GLOBAL auto_increment_offset = 1');
    await close();
  });

  it('assigns each of many new cars its own id, with and without idempotency keys', async () => {
    const { cars } = database;
    const answers = await Promise.all(
      manyCars(300).map((fields, index) =>
        cars.create(aRequest(), fields, index % 3 === 0 ? { caller: '', key: `key ${index}` } : undefined),
      ),
    );
    for (const [index, fields] of manyCars(300).entries()) {
      const answer = answers[index];
      expect(answer?.car).toMatchObject(fields);
      expect(await cars.get(aRequest(), answer?.car.id ?? 0)).toEqual(answer?.car);
      if (index % 3 !== 0) continue;
      const again = await cars.create(aRequest(), fields, { caller: '', key: `key ${index}` });
      expect(again).toEqual({ car: answer?.car, replayed: true });
    }
    expect(answers.every(({ car }) => car.id % 2 === 0)).toBe(true);
    expect(await cars.count(aRequest(), {})).toBe(300);
  });
});

describe('a server that crashes', () => {
  beforeEach(open);
  afterEach(close);

  it('keeps every acknowledged car and reuses no id', async () => {
    const { cars } = database;
    const answers = await Promise.all(manyCars(50).map((fields) => cars.create(aRequest(), fields)));
    const keyed = await cars.create(aRequest(), aCar(), { caller: '', key: 'k' });
    const changed = await cars.update(aRequest(), 7, { year: 1990 });
    const newest = await cars.create(aRequest(), aCar());
    await cars.delete(aRequest(), newest.car.id);
    await server.kill();
    expect(await outcomeOf(cars.get(aRequest(), 7))).toBe('unavailable');
    expect(await outcomeOf(cars.create(aRequest(), aCar()))).toBe('unavailable');
    expect(await outcomeOf(database.checkReady())).toBe('unavailable');
    await server.start();
    await untilReady(database);
    const expected = answers.map(({ car }) => (car.id === 7 ? changed : car));
    expect(await Promise.all(answers.map(({ car }) => cars.get(aRequest(), car.id)))).toEqual(expected);
    expect(await cars.create(aRequest(), aCar(), { caller: '', key: 'k' })).toEqual({
      car: keyed.car,
      replayed: true,
    });
    expect((await cars.create(aRequest(), aCar())).car.id).toBeGreaterThan(newest.car.id);
  });

  it('leaves the outcome of running creates unknown, and a retry with a key creates no second car', async () => {
    const { cars } = database;
    await cars.create(aRequest(), aCar());
    const key = { caller: '', key: 'k' };
    const outcomes = await withConnection(created.url, async (other) => {
      // Statements on cars wait for this one.
      await other.query('LOCK TABLES cars WRITE');
      const calls = [
        cars.create(aRequest(), aCar()),
        cars.create(aRequest(), aCar(), key),
        cars.update(aRequest(), 1, {}),
        cars.delete(aRequest(), 1),
        cars.get(aRequest(), 1),
      ];
      const ended = Promise.all(calls.map((call) => outcomeOf<unknown>(call)));
      // Soon enough that the service may still think of a second attempt.
      await sleep(500);
      await server.kill();
      return ended;
    });
    await server.start();
    await untilReady(database);
    expect(outcomes.slice(0, 2)).toEqual(['outcome-unknown', 'outcome-unknown']);
    expect(outcomes.slice(2)).toEqual(['unavailable', 'unavailable', 'unavailable']);
    expect(await cars.get(aRequest(), 1)).toEqual({ ...aCar(), id: 1, version: 1 });
    const { car } = await cars.create(aRequest(), aCar(), key);
    expect(await cars.create(aRequest(), aCar(), key)).toEqual({ car, replayed: true });
    // The first one and the one with a key: the server was killed before it could do the other.
    expect(await cars.count(aRequest(), {})).toBe(2);
  });
});

describe('a server that became read-only, as in a failover', () => {
  const user = { name: 'plain', password: 'plain' };
  beforeEach(async () => {
    created = await createTestDatabase(server.url);
    const { pathname } = new URL(created.url);
    // An administrator may write all the same.
    await queryRows(server.url, `CREATE USER '${user.name}'@'%' IDENTIFIED BY '${user.password}'`);
    await queryRows(server.url, `GRANT ALL ON ${pathname.slice(1)}.* TO '${user.name}'@'%'`);
    const url = new URL(created.url);
    url.username = user.name;
    url.password = user.password;
    database = await openStarted(url.href);
  });
  afterEach(async () => {
    await queryRows(server.url, 'SET GLOBAL read_only = 0');
    await close();
    await queryRows(server.url, `DROP USER '${user.name}'@'%'`);
  });

  it('loses all its connections, and new ones follow the writable server', async () => {
    const { cars } = database;
    const write = () =>
      Promise.all([
        cars.create(aRequest(), aCar()),
        cars.create(aRequest(), aCar(), { caller: '', key: 'k' }),
      ]);
    await write();
    const before = await connectionsOf(user.name);
    await queryRows(server.url, 'SET GLOBAL read_only = 1');
    expect(await outcomeOf(cars.create(aRequest(), aCar()))).toBe('unavailable');
    expect(await outcomeOf(cars.create(aRequest(), aCar(), { caller: '', key: 'l' }))).toBe('unavailable');
    expect(await outcomeOf(cars.update(aRequest(), 1, { year: 1990 }))).toBe('unavailable');
    expect(await cars.get(aRequest(), 1)).toMatchObject({ version: 1 });
    expect(before.length).toBeGreaterThan(0);
    // The server needs a moment to notice that a connection was closed.
    const left = async () => (await connectionsOf(user.name)).filter((id) => before.includes(id));
    await expect.poll(left).toEqual([]);
    await queryRows(server.url, 'SET GLOBAL read_only = 0');
    expect((await cars.create(aRequest(), aCar())).replayed).toBe(false);
  });
});

async function connectionsOf(user: string): Promise<unknown[]> {
  const rows = await queryRows(
    server.url,
    `SELECT id AS connection FROM information_schema.processlist WHERE user = '${user}'`,
  );
  return rows.map((row) => row['connection']);
}
