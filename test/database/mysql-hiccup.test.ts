/** A short pause of the database costs time and no error, and waiting for a lock is no load. */
// Proves: hiccup

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { TIMING } from '../../src/database/mysql/timing.ts';
import { withConnection } from '../../tools/mysql-client.ts';
import { startServer } from '../../tools/mysql-server.ts';
import type { OwnServer } from '../../tools/own-server.ts';
import { aCar, aRequest, manyCars, outcomeOf, sortOf } from '../support/cars.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

let server: OwnServer;
let created: TestDatabase;
let database: Database;

beforeAll(async () => {
  server = await startServer();
  created = await createTestDatabase(server.url);
  database = await openStarted(created.url);
  await Promise.all(manyCars(100).map((fields) => database.cars.create(aRequest(), fields)));
});
afterAll(async () => {
  await database.close();
  await server.stop();
});

const requests: ((index: number) => Promise<unknown>)[] = [
  () => database.cars.create(aRequest(), aCar()),
  (index) => database.cars.create(aRequest(), aCar(), { caller: '', key: `key ${index}` }),
  (index) => database.cars.update(aRequest(), 1 + (index % 50), { model: `model ${index}` }),
  (index) => database.cars.get(aRequest(), 1 + (index % 100)),
  (index) => list(index),
];

const list = (index: number) =>
  database.cars.list(aRequest(), { filter: { year: [2000 + (index % 3)] }, sort: sortOf('id'), limit: 20 });

/** Clients that each send one request after another; returns their outcomes and the longest wait. */
async function runClients(clients: number, until: number) {
  const failures: string[] = [];
  const max = { time: 0, wait: 0 };
  let sent = 0;
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      while (performance.now() < until) {
        sent += 1;
        const { read, write, list: lists } = database.cars.waits();
        max.wait = Math.max(max.wait, read, write, lists);
        const begun = performance.now();
        const request = requests[client % requests.length] ?? list;
        const outcome = await outcomeOf(request(sent));
        max.time = Math.max(max.time, performance.now() - begun);
        if (typeof outcome === 'string') failures.push(outcome);
        await sleep(20);
      }
    }),
  );
  return { failures, max, sent };
}

it('serves every request of 64 clients while the database pauses for 0.8 s, and reports no overload', async () => {
  const running = runClients(64, performance.now() + 4000);
  for (let pause = 0; pause < 2; pause += 1) {
    await sleep(600);
    await server.pause();
    await sleep(700);
    await server.resume();
  }
  const { failures, max, sent } = await running;
  expect(failures).toEqual([]);
  expect(max.time).toBeGreaterThan(600);
  expect(max.time).toBeLessThan(2000);
  expect(max.wait).toBeLessThan(TIMING.backlog);
  expect(sent).toBeGreaterThan(64 * 5);
});

it('serves every list while writes wait for a lock on the table, and reports no overload', async () => {
  await withConnection(created.url, async (other) => {
    await other.query('LOCK TABLES cars READ');
    let locked = true;
    const writes = Promise.all(
      Array.from({ length: 24 }, async (_, client) => {
        // In two crowds, so that all rounds of creates wait at once, each with several.
        await sleep(client < 12 ? 0 : 200);
        for (let sent = 0; locked; sent += 1) {
          await outcomeOf(requests[client % 3]?.(1000 * client + sent) ?? list(0));
          await sleep(20);
        }
      }),
    );
    const waits: number[] = [];
    const ends = performance.now() + 4000;
    for (let sent = 0; performance.now() < ends; sent += 1) {
      const { read, write, list: lists } = database.cars.waits();
      waits.push(Math.max(read, write, lists));
      expect(await outcomeOf(list(sent))).toMatchObject({ more: true });
      await sleep(20);
    }
    locked = false;
    await other.query('UNLOCK TABLES');
    await writes;
    expect(Math.max(...waits)).toBeLessThan(TIMING.backlog);
  });
});
