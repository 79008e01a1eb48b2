/** The database hangs (SIGSTOP): its connections stay open, and nothing answers. */
// Proves: outlives-hanging-database

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { startServer } from '../../tools/mysql-server.ts';
import { startService } from '../process/start-service.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { createCaller } from './caller.ts';
import { lasting } from './duration.ts';
import { record } from './figures.ts';
import { untilServed, watchLife } from './lifeline.ts';
import { limitOf } from './machine.ts';
import { NOTHING_LOST, startMixedLoad } from './mixed-load.ts';

const SECONDS = lasting({ full: 20, short: 8 });

it('answers every request within 2 s while the database hangs, and serves again within 2 s after it continues', async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
  const database = await createTestDatabase(server.url);
  const service = await startService({ DATABASE_URL: database.url });
  const prober = createCaller(service.url, 4);
  const load = startMixedLoad(service.url, 64);
  await sleep(2000);

  await server.pause();
  const life = watchLife(prober);
  const before = load.seen.requests;
  const ready: number[] = [];
  for (let second = 0; second < SECONDS; second += 1) {
    await sleep(1000);
    ready.push((await prober.send({ path: '/readyz' })).status);
  }
  const answered = load.seen.requests - before;
  await server.resume();
  const back = await untilServed(prober, { method: 'PATCH', path: '/cars/1', body: { brand: 'Volkswagen' } });
  await sleep(2000);
  await Promise.all([load.stop(), life.stop()]);

  const { lost, twice, wrong } = await load.settle();
  const { acknowledged, slowest, unexpected } = load.seen;
  prober.close();
  record(`database suspended (SIGSTOP) for ${SECONDS} s under mixed load of 64 clients`, {
    'writes acknowledged': acknowledged,
    'acknowledged but lost or wrong': lost + wrong,
    'created twice': twice,
    'responses while it was suspended': answered,
    'slowest response': `${(slowest / 1000).toFixed(2)} s`,
    'health checks failed': `${life.dead} of ${life.asked}`,
    'time until writes succeeded, after it continued': `${(back / 1000).toFixed(2)} s`,
  });
  expect({ lost, twice, wrong, unexpected, dead: life.dead }).toEqual(NOTHING_LOST);
  expect(new Set(ready)).toEqual(new Set([503]));
  expect(answered).toBeGreaterThan((64 * SECONDS) / 4);
  expect(slowest).toBeLessThan(await limitOf(2000));
  expect(back).toBeLessThan(await limitOf(2000));
  expect(await service.stop()).toMatchObject({ code: 0 });
});
