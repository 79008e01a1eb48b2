/** Sends the same random requests to both engines and compares the results. */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { openStarted } from '../support/open-started.ts';
import { calls, createCaller } from '../support/random-calls.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

/**
 * Fixed, so that every run proves the same; a failure prints it with the path to the smallest
 * example.
 */
const RUNS = { seed: 1886, numRuns: 100 };

let created: TestDatabase;
let mysql: Database;

beforeAll(async () => {
  created = await createTestDatabase();
  mysql = await openStarted(created.url);
});

afterAll(async () => {
  await mysql.close();
  await created.drop();
});

it('returns the same results on SQLite and on MySQL for any sequence of requests', async () => {
  await fc.assert(
    fc.asyncProperty(calls, async (sequence) => {
      const sqlite = await openStarted('sqlite::memory:');
      await Promise.all([
        ...['idempotency_keys', 'batch_answers'].map((table) => created.query(`DELETE FROM ${table}`)),
        // Lets the ids start at 1 again.
        ...['cars', 'car_changes'].map((table) => created.query(`TRUNCATE TABLE ${table}`)),
      ]);
      try {
        const askSqlite = createCaller(sqlite.cars);
        const askMysql = createCaller(mysql.cars);
        for (const call of sequence) expect(await askMysql(call)).toEqual(await askSqlite(call));
      } finally {
        await sqlite.close();
      }
    }),
    RUNS,
  );
});
