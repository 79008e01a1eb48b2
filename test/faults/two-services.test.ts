/**
 * Two services on one database change the same cars, each change with the version that its client
 * read.
 */
// Proves: no-lost-update

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { makeDatabase } from '../process/databases.ts';
import { startServiceThatAdmitsAll } from '../process/start-service.ts';
import { timed } from '../support/timed.ts';
import { type Caller, createCaller, forEachOf } from './caller.ts';
import { record } from './figures.ts';
import { checkTrail } from './trail.ts';

const CARS = 100;
const WRITES = 50_000;
const CALLERS = 64;

/**
 * Milliseconds. If a write of another client takes longer, the database stood still, as when the disk of a busy machine does.
 * Then the services refuse requests, as they should.
 */
const STANDS_STILL = 500;

it('loses no update and reports no deadlock to a client', async () => {
  const database = await makeDatabase('MySQL');
  const services = [
    await startServiceThatAdmitsAll({ DATABASE_URL: database.url }),
    await startServiceThatAdmitsAll({ DATABASE_URL: database.url }),
  ];
  const callers = services.map(({ url }) => createCaller(url, CALLERS / 2)) as [Caller, Caller];
  for (let number = 1; number <= CARS; number += 1) {
    const body = { brand: 'Volkswagen', model: '0', year: 2000 };
    expect((await callers[0].send({ method: 'POST', path: '/cars', body })).status).toBe(201);
  }

  /** How often each car was changed: at least, by the acknowledged changes; at most, with those of unknown outcome. */
  const changes = Array.from({ length: CARS + 1 }, () => ({ least: 0, most: 0 }));
  const unexpected: string[] = [];
  let overtaken = 0;
  let refused = 0;
  const change = async (write: number) => {
    const id = 1 + Math.floor(Math.random() * CARS);
    const caller = callers[write % 2] as Caller;
    const read = await caller.send({ path: `/cars/${id}` });
    if (read.status === 503) {
      refused += 1;
      return;
    }
    const { model, year } = JSON.parse(read.text);
    // One more than was seen, so that a change which was made on something else shows.
    const body = { brand: 'Volkswagen', model: String(Number(model) + 1), year };
    const method = write % 3 === 0 ? 'PATCH' : 'PUT';
    const answer = await caller.send({
      method,
      path: `/cars/${id}`,
      body,
      headers: { 'if-match': String(read.headers['etag']) },
    });
    const changed = changes[id] as { least: number; most: number };
    if (answer.status === 200 || answer.text.includes('/outcome-unknown"')) changed.most += 1;
    if (answer.status === 200) changed.least += 1;
    else if (answer.status === 412) overtaken += 1;
    else if (answer.status === 503) refused += 1;
    else unexpected.push(`${answer.status} ${answer.text}`);
  };
  const other = await watchWrites(database.query);
  const begun = performance.now();
  await forEachOf(Array(WRITES).keys(), CALLERS, change);
  const seconds = (performance.now() - begun) / 1000;
  const slowestWrite = await other.stop();
  for (const caller of callers) caller.close();
  const reasons = services.flatMap(({ log }) =>
    log().flatMap(({ status, reason }) => (status === 503 ? [String(reason)] : [])),
  );

  const rows = await database.query('SELECT id, model, version FROM cars');
  const lost = rows.reduce((sum, row) => {
    const { least = 0, most = 0 } = changes[Number(row['id'])] ?? {};
    const model = Number(row['model']);
    return sum + Math.max(least - model, model - most, 0);
  }, 0);
  record(`two services, ${WRITES} conditional writes to ${CARS} cars`, {
    'applied, rejected with 412': `${WRITES - overtaken - refused - unexpected.length}, ${overtaken}`,
    'updates lost': lost,
    'deadlocks that reached a client': reasons.filter(isDeadlock).length,
    'rejected with 503': refused,
    'slowest write of another client': `${(slowestWrite / 1000).toFixed(2)} s`,
    'read-then-write pairs per second': Math.round(WRITES / seconds),
  });
  expect({ lost, unexpected }).toEqual({ lost: 0, unexpected: [] });
  expect(new Set(reasons.filter(isDeadlock))).toEqual(new Set());
  if (slowestWrite < STANDS_STILL) expect(refused, [...new Set(reasons)].join('; ')).toBe(0);
  for (const row of rows) expect(Number(row['version'])).toBe(1 + Number(row['model']));
  expect((await checkTrail(database)).wrong).toEqual([]);
  // Without races there would be nothing to see.
  expect(overtaken).toBeGreaterThan(WRITES / 1000);
});

const isDeadlock = (reason: string) => /deadlock/i.test(reason);

/** Writes to a table of its own all the time. `stop` resolves with the milliseconds of the slowest write. */
async function watchWrites(query: (sql: string) => Promise<unknown>) {
  await query('CREATE TABLE written_by_other (number INT)');
  let stopped = false;
  const watch = async () => {
    let slowest = 0;
    while (!stopped) {
      const { milliseconds } = await timed(query('INSERT INTO written_by_other VALUES (1)'));
      slowest = Math.max(slowest, milliseconds);
      await sleep(50);
    }
    return slowest;
  };
  const watching = watch();
  return {
    stop() {
      stopped = true;
      return watching;
    },
  };
}
