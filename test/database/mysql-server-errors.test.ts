/** Errors that a server really sends: what becomes of the request, and of its connection. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import type { MysqlConfig } from '../../src/config/database.ts';
import type { Database } from '../../src/database/database.ts';
import { openConnection } from '../../src/database/mysql/connection.ts';
import { aCar, aRequest, outcomeOf } from '../support/cars.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

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

/** What `SIGNAL` needs to raise an error. */
const signal = (errno: number, sqlState = 'HY000') =>
  `SIGNAL SQLSTATE '${sqlState}' SET MYSQL_ERRNO = ${errno}, MESSAGE_TEXT = 'forced by the test'`;

/** Makes every insert of a car fail. */
const failInserts = (errno: number, sqlState?: string) =>
  created.query(`CREATE TRIGGER fail BEFORE INSERT ON cars FOR EACH ROW ${signal(errno, sqlState)}`);

/**
 * The connections of the service to this database. `SHOW PROCESSLIST`, because MySQL cannot select
 * from information_schema.processlist while another connection runs a statement with an emoji.
 */
async function connectionIds(): Promise<unknown[]> {
  const name = new URL(created.url).pathname.slice(1);
  const rows = await created.query('SHOW PROCESSLIST');
  return rows.filter(({ db, Info }) => db === name && Info !== 'SHOW PROCESSLIST').map(({ Id }) => Id);
}

it.each([1020, 1026, 1030, 1041, 1047, 1105, 1180, 1206, 1297, 1412, 1637, 3032, 3100, 9001, 60_001])(
  'answers %i with `unavailable`, retires the connection, and serves again afterwards',
  async (errno) => {
    const { cars } = database;
    await cars.create(aRequest(), aCar());
    // The server may need a moment to notice that the connection of the migrations was closed.
    await expect.poll(connectionIds).toHaveLength(1);
    const before = await connectionIds();
    await failInserts(errno);
    expect(await outcomeOf(cars.create(aRequest(), aCar()))).toBe('unavailable');
    expect(await outcomeOf(cars.create(aRequest(), aCar(), { caller: '', key: 'k' }))).toBe('unavailable');
    await created.query('DROP TRIGGER fail');
    const { car } = await cars.create(aRequest(), aCar(), { caller: '', key: 'k' });
    expect(await cars.count(aRequest(), {})).toBe(2);
    expect(await cars.get(aRequest(), car.id)).toEqual(car);
    const oldConnections = async () => (await connectionIds()).filter((id) => before.includes(id));
    await expect.poll(oldConnections).toEqual([]);
  },
);

it('answers an error that a trigger raises for one car with an internal error, and serves the other cars of the batch', async () => {
  const { cars } = database;
  await created.query(
    `CREATE TRIGGER fail BEFORE INSERT ON cars FOR EACH ROW
       IF NEW.year = 1999 THEN ${signal(1644, '45000')}; END IF`,
  );
  const calls = [1998, 1999, 2000].map((year) => cars.create(aRequest(), aCar({ year })));
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(outcomes[1]).toMatchObject({ reason: { errno: 1644 } });
});

it('leaves the outcome of a write unknown only if the commit itself failed for an unknown reason', async () => {
  const connection = await openConnection(parseConfig({ DATABASE_URL: created.url }).database as MysqlConfig);
  const during = (statements: string[]) => connection.commit(statements).catch((error: unknown) => error);
  expect(await during(['DO 1', 'DO 2', signal(1180)])).toMatchObject({ code: 'outcome-unknown' });
  expect(await during(['SELECT 1', 'SELECT 2 UNION SELECT 3', signal(60_001)])).toMatchObject({
    code: 'outcome-unknown',
  });
  expect(await during(['DO 1', signal(1180), 'COMMIT'])).toMatchObject({ errno: 1180 });
  expect(await during(['SELECT 1', signal(1180), 'COMMIT'])).toMatchObject({ errno: 1180 });
  expect(await during(['DO 1', signal(1213, '40001')])).toMatchObject({ errno: 1213 });
  expect(await during(['DO 1', signal(3100)])).toMatchObject({ errno: 3100 });
  connection.destroy();
});
