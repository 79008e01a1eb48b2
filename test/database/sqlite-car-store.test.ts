/** The contract of the store on SQLite, with a file and in memory. */

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readMigrations } from '../../src/database/migrations.ts';
import { createCarStore } from '../../src/database/sqlite/car-store.ts';
import { openConnection } from '../../src/database/sqlite/connection.ts';
import { migrate } from '../../src/database/sqlite/migration-ledger.ts';
import { aCar, aRequest } from '../support/cars.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestFile } from '../support/test-database.ts';
import { describeCarStore, KEY_TABLES } from './car-store.contract.ts';

const makeKeysOlder = (table: string, seconds: number) =>
  `UPDATE ${table} SET created_at = created_at - ${seconds}`;
const raiseSequence = (id: number) => `UPDATE sqlite_sequence SET seq = ${id - 1} WHERE name = 'cars'`;

describeCarStore('a file of SQLite', async () => {
  const file = createTestFile();
  const database = await openStarted(file.url);
  return {
    cars: database.cars,
    async ageKeys(seconds) {
      for (const table of KEY_TABLES) await file.query(makeKeysOlder(table, seconds));
    },
    setNextId: async (id) => void (await file.query(raiseSequence(id))),
    forgetChanges: async () => void (await file.query('DELETE FROM car_changes')),
    async close() {
      await database.close();
      await file.drop();
    },
  };
});

// Only its own connection sees a database in memory, so this one is put together from the engine's
// parts.
describeCarStore('SQLite in memory', async () => {
  const connection = openConnection(':memory:');
  migrate(connection, () => readMigrations(join(import.meta.dirname, '../../migrations/sqlite'), 'sqlite'));
  return {
    cars: createCarStore(connection, true),
    async ageKeys(seconds) {
      for (const table of KEY_TABLES) connection.exec(makeKeysOlder(table, seconds));
    },
    setNextId: async (id) => connection.exec(raiseSequence(id)),
    forgetChanges: async () => connection.exec('DELETE FROM car_changes'),
    close: async () => connection.close(),
  };
});

it('reads equal lists of one turn once, and those after a write again', async () => {
  const connection = openConnection(':memory:');
  migrate(connection, () => readMigrations(join(import.meta.dirname, '../../migrations/sqlite'), 'sqlite'));
  const cars = createCarStore(connection, false);
  const query = { filter: {}, sort: [{ field: 'id', descending: false }], limit: 10 } as const;
  const [page, same, other] = await Promise.all([
    cars.list(aRequest(), query),
    cars.list(aRequest(), query),
    cars.list(aRequest(), { ...query, limit: 9 }),
  ]);
  expect(same).toBe(page);
  expect(other).not.toBe(page);
  await cars.create(aRequest(), aCar());
  expect((await cars.list(aRequest(), query)).cars).toHaveLength(1);
  connection.close();
});

it('forgets the answers of 50 batches at a time, and at once that of the key', async () => {
  const connection = openConnection(':memory:');
  migrate(connection, () => readMigrations(join(import.meta.dirname, '../../migrations/sqlite'), 'sqlite'));
  const cars = createCarStore(connection, false);
  const send = (name: string) =>
    cars.createMany(aRequest(), [], {
      caller: '',
      key: name,
      fingerprint: '00'.repeat(32),
      rejected: '[]',
    });
  for (let index = 1; index < 120; index += 1) await send(`key ${index}`);
  connection.exec(makeKeysOlder('batch_answers', 60));
  await send('newest');
  connection.exec(makeKeysOlder('batch_answers', 25 * 3600));
  expect(await send('newest')).toMatchObject({ replayed: false });
  const [row] = connection.prepare('SELECT COUNT(*) AS count FROM batch_answers').all();
  // 120 without the 50 oldest. That of the key is replaced.
  expect(row).toEqual({ count: 70 });
  connection.close();
});

it('forgets ten keys at a time, and at once that of the create', async () => {
  const connection = openConnection(':memory:');
  migrate(connection, () => readMigrations(join(import.meta.dirname, '../../migrations/sqlite'), 'sqlite'));
  const cars = createCarStore(connection, false);
  const send = (key: string) => cars.create(aRequest(), aCar(), { caller: '', key });
  for (let index = 1; index < 50; index += 1) await send(`key ${index}`);
  connection.exec(makeKeysOlder('idempotency_keys', 60));
  await send('newest');
  connection.exec(makeKeysOlder('idempotency_keys', 25 * 3600));
  expect(await send('newest')).toMatchObject({ replayed: false });
  const [row] = connection.prepare('SELECT COUNT(*) AS count FROM idempotency_keys').all();
  // 50 without the 10 oldest. That of the create is replaced.
  expect(row).toEqual({ count: 40 });
  connection.close();
});
