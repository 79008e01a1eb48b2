/**
 * The service, or its database, is killed while batches are sent. Each batch is repeated until it is
 * acknowledged, and each of its cars exists exactly once.
 */
// Proves: batch-repetition

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { startServer } from '../../tools/mysql-server.ts';
import { ENGINES, makeDatabase } from '../process/databases.ts';
import { startService, until } from '../process/start-service.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { record } from './figures.ts';
import { checkTrail } from './trail.ts';

const BATCHES = 40;
const ROWS = 250;
const IN_FLIGHT = 4;

const bodyOf = (batch: number) =>
  Array.from({ length: ROWS }, (_, row) =>
    JSON.stringify({ brand: 'Seat', model: `${batch} ${row}`, year: 2001 }),
  ).join('\n');

/** Sends one batch, and again after each 503, with its own key. Rejects if the connection breaks. */
async function sendBatch(url: string, batch: number): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/cars/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': `batch ${batch}` },
      body: bodyOf(batch),
    });
    const text = await response.text();
    if (response.status === 200) return expect(JSON.parse(text)).toMatchObject({ created: ROWS });
    if (response.status !== 503 && response.status !== 409) throw new Error(text);
    await sleep(50);
  }
}

/**
 * Sends all batches, a few at a time, each until it is acknowledged.
 * @param urlOf where the service is now.
 * @param done receives the number of each acknowledged batch.
 */
async function sendFile(urlOf: () => string, done: Set<number>): Promise<void> {
  const batches = Array.from({ length: BATCHES }, (_, batch) => batch).values();
  const sendSome = async () => {
    for (const batch of batches) {
      while (!done.has(batch)) {
        try {
          await sendBatch(urlOf(), batch);
          done.add(batch);
        } catch (error) {
          // The service was killed. Only that is expected here.
          if (!(error instanceof TypeError)) throw error;
          await sleep(50);
        }
      }
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sendSome));
}

/** @param fault what was made to happen. */
async function expectEachOnce(database: TestDatabase, fault: string): Promise<void> {
  const [row] = await database.query('SELECT COUNT(*) AS stored, COUNT(DISTINCT model) AS models FROM cars');
  const [stored, models] = [Number(row?.['stored']), Number(row?.['models'])];
  record(`${fault} during ${BATCHES} batches of ${ROWS} cars`, {
    'cars lost': BATCHES * ROWS - models,
    'created twice': stored - models,
  });
  expect([stored, models]).toEqual([BATCHES * ROWS, BATCHES * ROWS]);
  expect(await checkTrail(database)).toEqual({ cars: BATCHES * ROWS, entries: BATCHES * ROWS, wrong: [] });
}

it.each(ENGINES)('creates each car once when the service is killed half-way, on %s', async (engine) => {
  const database = await makeDatabase(engine);
  let service = await startService({ DATABASE_URL: database.url });
  const done = new Set<number>();
  const sending = sendFile(() => service.url, done);
  for (const part of [1, 2, 3]) {
    await until('some batches', () => done.size >= (BATCHES / 4) * part);
    service.child.kill('SIGKILL');
    await service.ended;
    service = await startService({ DATABASE_URL: database.url });
  }
  await sending;
  await expectEachOnce(database, `service on ${engine} killed (SIGKILL) 3 times`);
});

it('creates each car once when the database is killed half-way', async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
  const database = await createTestDatabase(server.url);
  const service = await startService({ DATABASE_URL: database.url });
  const done = new Set<number>();
  const sending = sendFile(() => service.url, done);
  for (const part of [1, 2, 3]) {
    await until('some batches', () => done.size >= (BATCHES / 4) * part);
    await server.kill();
    await server.start();
  }
  await sending;
  await expectEachOnce(database, 'database killed (SIGKILL) 3 times');
});
