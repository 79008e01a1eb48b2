/** The database becomes read-only, as the old writer does in a failover, and writable again. */
// Proves: failover

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { queryRows } from '../../tools/mysql-client.ts';
import { startServer } from '../../tools/mysql-server.ts';
import { startService } from '../process/start-service.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { createCaller } from './caller.ts';
import { record } from './figures.ts';
import { untilServed, watchLife } from './lifeline.ts';
import { limitOf } from './machine.ts';
import { NOTHING_LOST, startMixedLoad } from './mixed-load.ts';
import { withoutSuper } from './plain-user.ts';

const FLIPS = 5;

it('rejects writes and serves reads while the database is read-only, and writes again within 2 s afterwards', async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
  const database = await createTestDatabase(server.url);
  const service = await startService({ DATABASE_URL: await withoutSuper(server.url, database.url) });
  const prober = createCaller(service.url, 4);
  const life = watchLife(prober);
  const load = startMixedLoad(service.url, 32);
  await sleep(1000);
  const changeTo = (brand: string) => ({ method: 'PATCH', path: '/cars/1', body: { brand } });
  const create = { method: 'POST', path: '/cars', body: { brand: 'Seat', model: '1', year: 2000 } };

  const [reads, writes] = [new Set<number>(), new Set<number>()];
  let longestBack = 0;
  for (let flip = 0; flip < FLIPS; flip += 1) {
    await queryRows(server.url, 'SET GLOBAL read_only = ON');
    await sleep(200);
    for (let ask = 0; ask < 10; ask += 1) {
      const keyed = { ...create, headers: { 'idempotency-key': `probe ${flip} ${ask}` } };
      for (const call of [changeTo(`probe ${flip} ${ask}`), create, keyed])
        writes.add((await prober.send(call)).status);
      for (const path of ['/cars/1', '/cars?brand=Volkswagen&limit=10'])
        reads.add((await prober.send({ path })).status);
    }
    await sleep(500);
    await queryRows(server.url, 'SET GLOBAL read_only = OFF');
    longestBack = Math.max(longestBack, await untilServed(prober, changeTo(`back ${flip}`)));
    await sleep(500);
  }
  await Promise.all([load.stop(), life.stop()]);
  // The probes' own cars all have one name.
  await database.query("DELETE FROM cars WHERE model = '1'");
  const { lost, twice, wrong } = await load.settle();
  const { acknowledged, unexpected, refused } = load.seen;
  prober.close();
  record(`database read-only and back ${FLIPS} times under mixed load`, {
    'writes acknowledged': acknowledged,
    'acknowledged but lost or wrong': lost + wrong,
    'created twice': twice,
    'requests that got 503': refused,
    'longest time until writes succeeded, after it was writable again': `${(longestBack / 1000).toFixed(2)} s`,
    'restarts of the service': service.child.exitCode === null ? 0 : 1,
  });
  expect({ lost, twice, wrong, unexpected, dead: life.dead }).toEqual(NOTHING_LOST);
  expect(writes).toEqual(new Set([503]));
  expect(reads).toEqual(new Set([200]));
  // Most of the time, the database is writable.
  expect(acknowledged).toBeGreaterThan(refused);
  expect(longestBack).toBeLessThan(await limitOf(2000));
});
