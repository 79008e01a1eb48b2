/** Expired idempotency keys are removed from MySQL, and no others. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { IDEMPOTENCY_KEY_HOURS } from '../../src/cars/idempotency.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { MysqlConfig } from '../../src/config/database.ts';
import { type ConnectionPool, openConnectionPool } from '../../src/database/mysql/connection-pool.ts';
import { forgetExpiredKeys } from '../../src/database/mysql/create-cars.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

let created: TestDatabase;
let pool: ConnectionPool;

beforeEach(async () => {
  created = await createTestDatabase();
  const database = await openStarted(created.url);
  await database.close();
  pool = openConnectionPool(parseConfig({ DATABASE_URL: created.url }).database as MysqlConfig);
});

afterEach(async () => {
  await pool.close();
  await created.drop();
});

it('removes thousands of expired keys in one run, and keeps those of the last day', async () => {
  await insertKeys('old', 2500, IDEMPOTENCY_KEY_HOURS * 60);
  await insertKeys('new', 700, IDEMPOTENCY_KEY_HOURS * 60 - 1);
  await pool.withConnection(forgetExpiredKeys);
  const kept = await created.query(
    'SELECT LEFT(idempotency_key, 3) AS word, COUNT(*) AS count FROM idempotency_keys GROUP BY word',
  );
  expect(kept.map((row) => [String(row['word']), row['count']])).toEqual([['new', 700]]);
  await pool.withConnection(forgetExpiredKeys);
  expect(await created.query('SELECT COUNT(*) AS count FROM idempotency_keys')).toEqual([{ count: 700 }]);
});

it('removes the answers of batches too, in statements of 50 rows', async () => {
  const rows = Array.from(
    { length: 120 },
    (_, index) => `('k ${index}', '', 0, 0, 1, '[]', UTC_TIMESTAMP() - INTERVAL 25 HOUR)`,
  );
  const columns = 'idempotency_key, fingerprint, cars, first_id, id_step, rejected, created_at';
  await created.query(`INSERT INTO batch_answers (${columns}) VALUES ${rows.join(', ')}`);
  const removed: number[] = [];
  await pool.withConnection((session) =>
    forgetExpiredKeys({
      ...session,
      async run<Result>(sql: string) {
        const result = await session.run<Result>(sql);
        if (sql.includes('batch_answers')) removed.push((result as { affectedRows: number }).affectedRows);
        return result;
      },
    }),
  );
  expect(removed).toEqual([50, 50, 20]);
});

async function insertKeys(word: string, count: number, ageInMinutes: number): Promise<void> {
  const rows = Array.from(
    { length: count },
    (_, index) =>
      `('${word} ${index}', ${index}, 'Volkswagen', 'Golf', 2018, UTC_TIMESTAMP() - INTERVAL ${ageInMinutes} MINUTE)`,
  );
  const columns = 'idempotency_key, car_id, brand, model, year, created_at';
  await created.query(`INSERT INTO idempotency_keys (${columns}) VALUES ${rows.join(', ')}`);
}
