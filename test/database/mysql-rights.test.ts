/** A user loses rights or its password, and gets them back: service resumes by itself. */
// Proves: rights-restored

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { queryRows } from '../../tools/mysql-client.ts';
import { aCar, aRequest, outcomeOf, outcomesOf } from '../support/cars.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

/** Milliseconds within which service is promised to be back. */
const BACK_WITHIN = 5000;

const serverUrl = inject('mysqlUrl');
let created: TestDatabase;
let database: Database;
let user: string;
let name: string;

beforeAll(async () => {
  created = await createTestDatabase();
  name = new URL(created.url).pathname.slice(1);
  user = `'${name.slice(-16)}'@'%'`;
  await queryRows(serverUrl, `CREATE USER ${user} IDENTIFIED BY 'right'; GRANT ALL ON ${name}.* TO ${user}`);
  const url = new URL(created.url);
  url.username = name.slice(-16);
  url.password = 'right';
  database = await openStarted(url.href);
  // Opens several connections.
  await Promise.all([write(), write(), database.cars.count(aRequest(), {}), database.keys.list()]);
});

afterAll(async () => {
  await database.close();
  await queryRows(serverUrl, `DROP USER ${user}`);
  await created.drop();
});

const write = () => database.cars.create(aRequest(), aCar());

async function killConnections(): Promise<void> {
  const threads = await queryRows(serverUrl, 'SHOW PROCESSLIST');
  for (const { Id, User } of threads)
    if (User === name.slice(-16)) await queryRows(serverUrl, `KILL ${Id}`).catch(() => {});
}

async function untilServed(): Promise<number> {
  const begun = performance.now();
  for (;;) {
    const outcomes = await outcomesOf<unknown>([
      write(),
      database.cars.update(aRequest(), 1, { model: String(performance.now()) }),
      database.cars.count(aRequest(), {}),
      database.checkReady(),
    ]);
    const waited = performance.now() - begun;
    if (!outcomes.includes('unavailable') || waited > 30_000) return waited;
    await sleep(50);
  }
}

describe('a user that loses the right to', () => {
  it.each([
    ['insert rows', `REVOKE INSERT ON DB.* FROM USER`, 'GRANT ALL ON DB.* TO USER'],
    ['change rows', `REVOKE UPDATE, DELETE ON DB.* FROM USER`, 'GRANT UPDATE, DELETE ON DB.* TO USER'],
    ['do anything', `REVOKE ALL ON DB.* FROM USER`, 'GRANT ALL ON DB.* TO USER'],
  ])('%s is not ready, and served within 5 s after it got the right back', async (_, revoke, grant) => {
    const sql = (text: string) => queryRows(serverUrl, text.replace('DB', name).replace('USER', user));
    await sql(revoke);
    // The server reads these rights only when a connection is opened.
    await killConnections();
    const ends = performance.now() + 2500;
    let ready: unknown;
    while (performance.now() < ends) {
      await outcomesOf<unknown>([write(), database.cars.update(aRequest(), 1, { model: 'x' })]);
      ready = await outcomeOf<unknown>(database.checkReady());
      await sleep(100);
    }
    expect(ready).toBe('unavailable');
    await sql(grant);
    expect(await untilServed()).toBeLessThan(BACK_WITHIN);
  });

  it('log in, because its password was changed and changed back, is served within 5 s', async () => {
    const setPassword = (password: string) =>
      queryRows(serverUrl, `ALTER USER ${user} IDENTIFIED BY '${password}'`);
    await setPassword('wrong');
    await killConnections();
    await sleep(100);
    expect(await outcomeOf<unknown>(write())).toBe('unavailable');
    await sleep(1500);
    await setPassword('right');
    expect(await untilServed()).toBeLessThan(BACK_WITHIN);
  });
});
