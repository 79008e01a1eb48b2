/** How the time limits of MySQL fit together. */
// Proves: deadline

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import type { MysqlConfig } from '../../src/config/database.ts';
import { openConnectionPool } from '../../src/database/mysql/connection-pool.ts';
import { TIMING } from '../../src/database/mysql/timing.ts';
import { outcomeOf } from '../support/cars.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { timed } from '../support/timed.ts';

const { answer, readTurn, writeTurn, again, rollback, select, statement, lock, ready } = TIMING;

/** Milliseconds that a busy machine may add. */
const MARGIN = 300;

it('answers each request within 2 s, a rollback included', () => {
  expect(answer + rollback).toBeLessThan(2000);
  expect(ready).toBeLessThan(2000);
});

it('leaves time for the work of a request that has waited for its turn as long as it may', () => {
  expect(readTurn + again).toBeLessThan(answer);
  expect(writeTurn + lock).toBeLessThan(answer);
});

it('lets the server end a SELECT before the service closes its connection', () => {
  expect(select).toBeLessThan(statement);
  expect(lock).toBeLessThan(statement);
});

it('gives the wait for a connection and a statement together no more than the time until the deadline', async () => {
  const created = await createTestDatabase();
  const config = parseConfig({ DATABASE_URL: created.url }).database as MysqlConfig;
  const pool = openConnectionPool({ ...config, poolSize: 1 });
  const work = (seconds: number, within: number) =>
    timed(
      outcomeOf(
        pool
          .withConnection((session) => session.run(`DO SLEEP(${seconds})`), performance.now() + within)
          .catch((error: Error) => error.name),
      ),
    );
  await work(0, 1000);
  const busy = work(0.7, 1500);
  await sleep(20);
  // 500 ms until the connection is free, then too little time for the statement.
  const [late, tooLate] = await Promise.all([work(0.7, 900), work(0, 300)]);
  expect(late.result).toBe('NoAnswerError');
  expect(late.milliseconds).toBeLessThan(900 + MARGIN);
  expect(tooLate.result).toBe('CarError');
  expect(tooLate.milliseconds).toBeLessThan(300 + MARGIN);
  expect((await busy).milliseconds).toBeGreaterThan(650);
  await pool.close();
  await created.drop();
});
