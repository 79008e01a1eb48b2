/** MySQL migrations that are cut off between their statement and their ledger entry. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { readMigrations } from '../../src/database/migrations.ts';
import { migrationFile, migrationFolder } from '../support/migration-folder.ts';
import { openWithMigrations } from '../support/open-with-migrations.ts';
import { startOpener } from '../support/opener-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

let created: TestDatabase;
let operator: Connection;

beforeEach(async () => {
  created = await createTestDatabase();
  operator = await createConnection({ uri: created.url, multipleStatements: true });
});

afterEach(async () => {
  operator.destroy();
  await created.drop();
});

/** A migration that waits while the operator reads the table `one`. */
const gated = () =>
  migrationFolder({ '0001-first.sql': migrationFile('ALTER TABLE one ADD COLUMN two INT;') });

async function closeGate(): Promise<void> {
  await created.query('CREATE TABLE one (id INT)');
  await operator.query('LOCK TABLES one READ');
}

const openGate = () => operator.query('UNLOCK TABLES');

it('continues after the server finished the statement of a process that was killed', async () => {
  const slow = 'CREATE TABLE slow AS SELECT SLEEP(1) AS slept;';
  const folder = migrationFolder({
    '0001-first.sql': migrationFile(slow),
    '0002-second.sql': migrationFile('ALTER TABLE slow ADD COLUMN two INT;'),
  });
  const opener = await startOpener(created.url, folder);
  opener.go();
  await untilRunning('CREATE TABLE slow');
  await opener.kill();
  await open(folder).start();
  expect(await created.query('SELECT * FROM slow')).toEqual([{ slept: 0, two: null }]);
  expect(await ledger()).toEqual([finished('0001-first'), finished('0002-second')]);
});

it('applies the migration of a process that was killed before the server had finished it', async () => {
  const folder = gated();
  await closeGate();
  const opener = await startOpener(created.url, folder);
  opener.go();
  const id = await untilRunning('ALTER TABLE one');
  await opener.kill();
  await operator.query(`KILL ${id}`);
  await openGate();
  await open(folder).start();
  expect(await created.query('SELECT two FROM one')).toEqual([]);
  expect(await ledger()).toEqual([finished('0001-first')]);
});

it('continues without help after an operator killed its connection', async () => {
  await closeGate();
  const starting = open(gated()).start();
  const id = await untilRunning('ALTER TABLE one');
  await operator.query(`KILL ${id}`);
  await openGate();
  await starting;
  expect(await created.query('SELECT two FROM one')).toEqual([]);
});

it('is not begun by a second process while the first one is at work', async () => {
  const folder = gated();
  await closeGate();
  const [first, second] = [open(folder), open(folder)];
  const starting = [first.start(), second.start()];
  await untilRunning('ALTER TABLE one');
  await sleep(200);
  expect(await running('ALTER TABLE one')).toHaveLength(1);
  await openGate();
  await Promise.all(starting);
  expect(await ledger()).toEqual([finished('0001-first')]);
});

it('fails if its table exists though the service did not create it, until that table is gone', async () => {
  await created.query('CREATE TABLE one (id INT)');
  const folder = migrationFolder({ '0001-first.sql': migrationFile('CREATE TABLE one (id INT);') });
  for (const _ of ['first', 'second']) {
    await expect(open(folder).start()).rejects.toThrow(/^migration 0001-first failed: .*one/);
  }
  expect(await ledger()).toEqual([]);
  await created.query('DROP TABLE one');
  await open(folder).start();
  expect(await ledger()).toEqual([finished('0001-first')]);
});

describe('the ledger of an earlier release, which counted statements', () => {
  const folder = () =>
    migrationFolder({
      '0001-first.sql': migrationFile('CREATE TABLE one (id INT);'),
      '0002-second.sql': migrationFile('CREATE TABLE two (id INT);'),
      '0003-third.sql': migrationFile('CREATE TABLE three (id INT);'),
    });

  /**
   * As that release left it: the first migration is applied, the second was cut off after its
   * statement.
   */
  async function createEarlierLedger(migrations: string, secondApplied: 0 | 1): Promise<void> {
    await operator.query(`
      CREATE TABLE schema_migrations (
        version INT UNSIGNED NOT NULL PRIMARY KEY,
        name VARCHAR(255) NOT NULL,
        oldest_compatible INT UNSIGNED NOT NULL,
        checksum CHAR(64) NOT NULL,
        statements_begun INT UNSIGNED NOT NULL,
        statements_applied INT UNSIGNED NOT NULL,
        finished_at DATETIME NULL
      ) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;
      CREATE TABLE one (id INT);
      CREATE TABLE two (id INT)`);
    const [first, second] = readMigrations(migrations, 'mysql');
    await operator.query("INSERT INTO schema_migrations VALUES (1, '0001-first', 1, ?, 1, 1, NOW())", [
      first?.checksum,
    ]);
    await operator.query("INSERT INTO schema_migrations VALUES (2, '0002-second', 1, ?, 1, ?, NULL)", [
      second?.checksum,
      secondApplied,
    ]);
  }

  it.each([
    ['before it was counted', 0],
    ['after it was counted', 1],
  ] as const)('is continued, if a migration was cut off %s too', async (_, secondApplied) => {
    const migrations = folder();
    await createEarlierLedger(migrations, secondApplied);
    await open(migrations).start();
    expect(await ledger()).toEqual(['0001-first', '0002-second', '0003-third'].map(finished));
    expect(await created.query('SELECT * FROM three')).toEqual([]);
  });

  it('can be read by that release after this one has migrated', async () => {
    await open(folder()).start();
    // The columns and their meaning: as many statements begun as applied, and a time.
    const rows = await created.query(
      'SELECT statements_begun, statements_applied, finished_at IS NULL AS open FROM schema_migrations',
    );
    expect(rows).toEqual(Array(3).fill({ statements_begun: 1, statements_applied: 1, open: 0 }));
  });

  it('shows that release which migration was cut off', async () => {
    const migrations = gated();
    await closeGate();
    const starting = open(migrations).start();
    await untilRunning('ALTER TABLE one');
    const [row] = await created.query('SELECT * FROM schema_migrations');
    expect(row).toMatchObject({ statements_begun: 1, statements_applied: 0, finished_at: null });
    await openGate();
    await starting;
  });
});

const finished = (name: string) => ({ name, finished: 1 });

function open(folder: string): Database {
  const database = openWithMigrations(created.url, folder);
  onTestFinished(() => database.close());
  return database;
}

function ledger(): Promise<Record<string, unknown>[]> {
  return created.query(
    'SELECT name, finished_at IS NOT NULL AS finished FROM schema_migrations ORDER BY version',
  );
}

/** The ids of the connections to this database whose statement starts like this. */
async function running(statement: string): Promise<unknown[]> {
  const rows = await created.query('SHOW FULL PROCESSLIST');
  const name = new URL(created.url).pathname.slice(1);
  return rows
    .filter((row) => row['db'] === name && String(row['Info']).startsWith(statement))
    .map((row) => row['Id']);
}

/** Resolves with the connection's id once a statement that starts like this is under way. */
async function untilRunning(statement: string): Promise<unknown> {
  for (;;) {
    const [id] = await running(statement);
    if (id !== undefined) return id;
    await sleep(10);
  }
}
