/**
 * Servers whose defaults and `init_connect` change what statements mean: the service depends on
 * none of them.
 */
// Proves: session-settings

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open-database.ts';
import { createLog } from '../../src/observability/log.ts';
import { findServerProgram, startServerProgram } from '../../tools/mysql-binary.ts';
import { queryRows } from '../../tools/mysql-client.ts';
import type { OwnServer } from '../../tools/own-server.ts';
import { aCar, aRequest, outcomeOf } from '../support/cars.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { describeCarStore, KEY_TABLES } from './car-store.contract.ts';

/** What a server runs for each new connection of a user without special rights. */
const INIT_CONNECT = `
  SET NAMES gbk;
  SET SESSION completion_type = 1, SESSION sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,NO_ZERO_DATE',
    SESSION time_zone = '+13:00', SESSION foreign_key_checks = 0, SESSION unique_checks = 0,
    SESSION sql_auto_is_null = 1, SESSION sql_safe_updates = 1, SESSION sql_select_limit = 1,
    SESSION max_join_size = 1, SESSION sql_big_selects = 0, SESSION max_sort_length = 8,
    SESSION group_concat_max_len = 4, SESSION div_precision_increment = 0,
    SESSION innodb_lock_wait_timeout = 50, SESSION lock_wait_timeout = 86400, SESSION wait_timeout = 1
    /*!80000 , SESSION range_optimizer_max_mem_size = 1, SESSION max_execution_time = 500 */
    /*M! , SESSION check_constraint_checks = 0, SESSION in_predicate_conversion_threshold = 2,
      SESSION old_mode = 'ZERO_DATE_TIME_CAST', SESSION sql_if_exists = 1, SESSION max_statement_time = 0.5 */;
  SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY;
  SET timestamp = 1000000000;
  USE information_schema;
  SET SESSION autocommit = 0;
  START TRANSACTION READ ONLY`;

/** The same user on every database of this file, without the rights that skip `init_connect`. */
const USER = { name: 'hostile', password: 'hostile' };

function asUser(url: string): string {
  const changed = new URL(url);
  changed.username = USER.name;
  changed.password = USER.password;
  return changed.href;
}

async function addUser(serverUrl: string): Promise<void> {
  await queryRows(
    serverUrl,
    `CREATE USER IF NOT EXISTS '${USER.name}'@'%' IDENTIFIED BY '${USER.password}';
     GRANT ALL ON \`cars\\_test\\_%\`.* TO '${USER.name}'@'%'`,
  );
}

const setInitConnect = (serverUrl: string, sql: string) =>
  queryRows(serverUrl, `SET GLOBAL init_connect = '${sql.replaceAll("'", "''")}'`);

/** Another server: these settings would disturb the tests that share one. */
const OPTIONS = ['--skip-character-set-client-handshake', '--character-set-server=gbk', '--autocommit=0'];

let server: OwnServer;

beforeAll(async () => {
  const program = findServerProgram();
  if (program === undefined) throw new Error(`no installed server to start with ${OPTIONS.join(' ')}`);
  server = await startServerProgram(program, OPTIONS);
  await addUser(server.url);
  await setInitConnect(server.url, INIT_CONNECT);
});
afterAll(() => server.stop());

describe('an init_connect that sets everything to something else', () => {
  it('is in force', async () => {
    const [row] = await queryRows(
      asUser(server.url),
      "SELECT @@character_set_client AS charset, @@autocommit AS autocommit, UTC_TIMESTAMP() < '2002-01-01' AS isOld",
    );
    expect(row).toEqual({ charset: 'gbk', autocommit: 0, isOld: 1 });
  });

  // One database for all tests: migrating one for each would take most of the time.
  let created: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    created = await createTestDatabase(server.url);
    database = await openStarted(asUser(created.url));
  });
  afterAll(async () => {
    await database.close();
    await created.drop();
  });

  describeCarStore('MySQL with a hostile init_connect', async () => {
    return {
      cars: database.cars,
      ageKeys: async (seconds) => {
        const older = KEY_TABLES.map(
          (table) => `UPDATE ${table} SET created_at = created_at - INTERVAL ${seconds} SECOND`,
        );
        await created.query(`SET autocommit = 1; ${older.join(';')}`);
      },
      setNextId: async (id) => void (await created.query(`ALTER TABLE cars AUTO_INCREMENT = ${id}`)),
      forgetChanges: async () => void (await created.query('SET autocommit = 1; DELETE FROM car_changes')),
      async close() {
        const empty = ['cars', 'car_changes', ...KEY_TABLES].map((table) => `DELETE FROM ${table}`).join(';');
        await created.query(`SET autocommit = 1; ${empty}; ALTER TABLE cars AUTO_INCREMENT = 1`);
      },
    };
  });
});

it('a server that would refuse every write is not used', async () => {
  const program = findServerProgram();
  if (program === undefined) throw new Error('no installed server');
  const other = await startServerProgram(program, [
    '--log-bin',
    '--server-id=1',
    '--binlog-format=STATEMENT',
  ]);
  const created = await createTestDatabase(other.url);
  const config = parseConfig({ DATABASE_URL: created.url }).database;
  const opened = await openDatabase(config, createLog('silent'));
  try {
    await expect(opened.ensureSchema()).rejects.toMatchObject({
      code: 'unavailable',
      cause: { message: expect.stringContaining('binlog_format is STATEMENT') },
    });
  } finally {
    await opened.close();
    await other.stop();
  }
});

describe('a server that forces its own character set and commits nothing by itself', () => {
  let created: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    created = await createTestDatabase(server.url);
    database = await openStarted(created.url);
  });
  afterEach(async () => {
    await database.close();
    await created.drop();
  });

  it.each([
    ['a multi-byte letter before a quote', "中', 'x', 'y', 'z', 1), ('a', 'a', 'b', 'b', 2) -- "],
    ['Latin letters with accents', 'Škoda Citroën'],
    ['an emoji', '🚗'],
  ])('stores %s as it was sent', async (_, brand) => {
    const key = { caller: '', key: 'k' };
    const { car } = await database.cars.create(aRequest(), aCar({ brand }), key);
    expect(await database.cars.get(aRequest(), car.id)).toEqual({
      ...aCar({ brand }),
      id: car.id,
      version: 1,
    });
    expect(await database.cars.create(aRequest(), aCar({ brand }), key)).toEqual({ car, replayed: true });
    expect(await database.cars.count(aRequest(), {})).toBe(1);
  });

  it('keeps what was acknowledged: cars without the audit trail, revoked keys, the last migration', async () => {
    const [id, hash] = ['a'.repeat(16), 'b'.repeat(64)];
    await database.keys.add({
      id,
      hash,
      name: 'tester',
      scopes: ['cars:read'],
      createdAt: 1,
      expiresAt: 2_000_000_000,
      revokedAt: undefined,
    });
    expect(await database.keys.revoke(id, 5)).toBe(true);
    await database.cars.create(aRequest(), aCar());
    await database.close();
    database = await openStarted(created.url);
    expect(await database.keys.list()).toMatchObject([{ id, revokedAt: 5 }]);
    expect(await outcomeOf(database.cars.get(aRequest(), 1))).toMatchObject(aCar());
    expect((await database.readLedger()).filter(({ finished }) => !finished)).toEqual([]);
  });

  it('has no transaction open on an idle connection, so a table can be altered', async () => {
    await database.cars.get(aRequest(), 1).catch(() => {});
    await database.cars.count(aRequest(), {});
    const altered = queryRows(created.url, 'SET lock_wait_timeout = 1; ALTER TABLE cars COMMENT = "x"');
    await expect(altered).resolves.toBeDefined();
  });
});
