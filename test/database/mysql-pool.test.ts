/** The pool of MySQL connections: it retires broken ones and never loses one. */
// Proves: failover

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import type { MysqlConfig } from '../../src/config/database.ts';
import type { Session } from '../../src/database/mysql/connection.ts';
import { type ConnectionPool, openConnectionPool } from '../../src/database/mysql/connection-pool.ts';
import { TIMING } from '../../src/database/mysql/timing.ts';
import { type DelayingProxy, startDelayingProxy } from '../../tools/delaying-proxy.ts';
import { outcomeOf, outcomesOf } from '../support/cars.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

let created: TestDatabase;
let proxy: DelayingProxy;
let pool: ConnectionPool;

beforeEach(async () => {
  created = await createTestDatabase();
  proxy = await startDelayingProxy(created.url);
});

afterEach(async () => {
  await pool.close();
  proxy.close();
  await created.drop();
});

/** The pool opens its connections through a proxy. */
function openPool(poolSize: number): void {
  const config = parseConfig({ DATABASE_URL: proxy.url }).database as MysqlConfig;
  pool = openConnectionPool({ ...config, poolSize });
}

const connectionId = async (session: Session) => {
  const [[id]] = await session.run<[[number]]>('SELECT CONNECTION_ID()');
  return id;
};

it('reuses its connections and never opens more than its size', async () => {
  openPool(3);
  let lent = 0;
  let most = 0;
  const work = async (session: Session) => {
    lent += 1;
    most = Math.max(most, lent);
    await session.run('DO SLEEP(0.01)');
    const id = await connectionId(session);
    lent -= 1;
    return { id };
  };
  const ids = await Promise.all(Array.from({ length: 30 }, () => pool.withConnection(work)));
  expect(new Set(ids.map(({ id }) => id)).size).toBe(3);
  expect(most).toBe(3);
});

it('rolls back the transaction of failed work and reuses the connection', async () => {
  openPool(1);
  await created.query('CREATE TABLE notes (word VARCHAR(9)) ENGINE = InnoDB');
  const before = await pool.withConnection(connectionId);
  const failing = pool.withConnection(async (session) => {
    await session.run("START TRANSACTION; INSERT INTO notes VALUES ('lost')");
    throw new Error('the work failed');
  });
  await expect(failing).rejects.toThrow('the work failed');
  expect(await pool.withConnection(connectionId)).toBe(before);
  expect(await pool.withConnection((session) => session.run('SELECT * FROM notes'))).toEqual([]);
});

it('rejects with `unavailable` while all connections are in use, and uses them again afterwards', async () => {
  openPool(2);
  const long = () => pool.withConnection((session) => session.run<object>('DO SLEEP(1)'));
  const busy = [long(), long()];
  await sleep(50);
  const soon = performance.now() + 400;
  expect(await outcomeOf(pool.withConnection(connectionId, soon))).toBe('unavailable');
  expect((await outcomesOf(busy)).filter((outcome) => outcome === 'unavailable')).toEqual([]);
  expect(await pool.withConnection(connectionId)).toEqual(expect.any(Number));
});

/** The pool may have closed the second connection when it noticed that the first was killed. */
function ignoreIfGone(error: Error): void {
  if (!error.message.startsWith('Unknown thread id')) throw error;
}

it('replaces a connection that was killed', async () => {
  openPool(2);
  for (let round = 0; round < 5; round += 1) {
    const ids = await idsOf(2);
    for (const id of ids) await created.query(`KILL ${id}`).catch(ignoreIfGone);
    await expect.poll(() => proxy.openSockets()).toBe(0);
    // The proxy has closed its side. The pool's side hears of it within a turn of the event loop.
    await nextTurn();
    await nextTurn();
    const after = await idsOf(2);
    expect(after.filter((id) => ids.includes(id))).toEqual([]);
  }
});

it('keeps its connections if a request comes with too little time to find out whether one still works', async () => {
  openPool(3);
  const ids = await idsOf(3);
  const soon = (milliseconds: number) =>
    outcomeOf(pool.withConnection(connectionId, performance.now() + milliseconds));
  expect(await soon(20)).toBe('unavailable');
  await sleep(TIMING.idle + 50);
  proxy.answers = 250;
  // One of them is pinged in vain, and only this one is lost.
  expect(await soon(200)).toBe('unavailable');
  proxy.answers = 0;
  const after = await idsOf(3);
  expect(after.filter((id) => ids.includes(id))).toHaveLength(2);
});

it('keeps a new connection even if the request that it was opened for has timed out', async () => {
  openPool(1);
  const id = await pool.withConnection(connectionId);
  const broken = outcomeOf(
    pool.withConnection((session) => session.run<object>('DO SLEEP(1)')).catch(() => 'broken'),
  );
  const waiting = outcomeOf(pool.withConnection(connectionId, performance.now() + 400));
  // A caller waits for less time than the next connection takes to open.
  proxy.connecting = 700;
  await sleep(50);
  await created.query(`KILL ${id}`);
  await broken;
  expect(await waiting).toBe('unavailable');
  await sleep(1000);
  proxy.connecting = 0;
  expect(await outcomeOf(pool.withConnection(connectionId))).toEqual(expect.any(Number));
});

/** Borrows so many connections at the same time: each is given back when all are lent. */
async function idsOf(count: number): Promise<number[]> {
  let lent = 0;
  const all = Promise.withResolvers<void>();
  const ids = await Promise.all(
    Array.from({ length: count }, () =>
      pool.withConnection(async (session) => {
        const id = await connectionId(session);
        lent += 1;
        if (lent === count) all.resolve();
        await all.promise;
        return id;
      }),
    ),
  );
  expect(new Set(ids).size).toBe(count);
  return ids;
}
