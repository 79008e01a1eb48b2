/** Migrations on MySQL that are cut off half-way: each DDL statement has been committed by itself, and the rest follows. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../src/database/database.ts';
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

/** The third statement waits until the operator opens the gate. */
function withGate(): string {
  const statements = [
    'CREATE TABLE one (id INT);',
    'INSERT INTO one VALUES (1);',
    'DO GET_LOCK(CONCAT(DATABASE(), " gate"), 60);',
    'ALTER TABLE one ADD COLUMN two INT;',
  ];
  return migrationFolder({ '0001-first.sql': migrationFile(statements.join('\n')) });
}

const closeGate = () => operator.query('DO GET_LOCK(CONCAT(DATABASE(), " gate"), 0)');
const openGate = () => operator.query('DO RELEASE_LOCK(CONCAT(DATABASE(), " gate"))');

it('goes on where a killed process stopped, without doing again what was done', async () => {
  const folder = withGate();
  await closeGate();
  const opener = await startOpener(created.url, folder);
  opener.go();
  await untilRunning('DO GET_LOCK');
  await opener.kill();
  const database = open(folder);
  const starting = database.start();
  await openGate();
  await starting;
  expect(await created.query('SELECT * FROM one')).toEqual([{ id: 1, two: null }]);
  expect(await ledger()).toEqual([{ name: '0001-first', finished: 1 }]);
});

it('goes on behind a statement that was applied after its process was killed', async () => {
  const slow = 'CREATE TABLE slow AS SELECT SLEEP(1) AS slept;';
  const folder = migrationFolder({
    '0001-first.sql': migrationFile(
      `CREATE TABLE one (id INT);\n${slow}\nALTER TABLE one ADD COLUMN two INT;`,
    ),
  });
  const opener = await startOpener(created.url, folder);
  opener.go();
  await untilRunning('CREATE TABLE slow');
  await opener.kill();
  await open(folder).start();
  expect(await created.query('SELECT * FROM slow')).toEqual([{ slept: 0 }]);
  expect(await created.query('SELECT two FROM one')).toEqual([]);
  expect(await ledger()).toEqual([{ name: '0001-first', finished: 1 }]);
});

it('goes on by itself after an operator killed its connection', async () => {
  await closeGate();
  const starting = open(withGate()).start();
  const id = await untilRunning('DO GET_LOCK');
  await operator.query(`KILL ${id}`);
  await openGate();
  await starting;
  expect(await created.query('SELECT * FROM one')).toEqual([{ id: 1, two: null }]);
});

it('is not begun by a second process while the first one is at it', async () => {
  const folder = withGate();
  await closeGate();
  const [first, second] = [open(folder), open(folder)];
  const starting = [first.start(), second.start()];
  await untilRunning('DO GET_LOCK');
  await sleep(200);
  expect(await running('DO GET_LOCK')).toHaveLength(1);
  await openGate();
  await Promise.all(starting);
  expect(await ledger()).toEqual([{ name: '0001-first', finished: 1 }]);
});

it('fails at a table that is there though no process of ours made it, also behind statements of ours', async () => {
  await created.query('CREATE TABLE two (id INT)');
  const folder = migrationFolder({
    '0001-first.sql': migrationFile('CREATE TABLE one (id INT);\nCREATE TABLE two (id INT);'),
  });
  for (const _ of ['first', 'second']) {
    await expect(open(folder).start()).rejects.toThrow(/^migration 0001-first failed: .*two/);
  }
  await created.query('DROP TABLE two');
  await open(folder).start();
  expect(await ledger()).toEqual([{ name: '0001-first', finished: 1 }]);
});

function open(folder: string): Database {
  const database = openWithMigrations(created.url, folder);
  onTestFinished(() => database.close());
  return database;
}

function ledger(): Promise<Record<string, unknown>[]> {
  return created.query('SELECT name, finished_at IS NOT NULL AS finished FROM schema_migrations');
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
