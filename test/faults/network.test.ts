/**
 * The network to the database drops, delays and cuts answers, and stops answering, at random.
 */
// Proves: no-loss-network

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, it, onTestFinished } from 'vitest';
import { startService, until } from '../process/start-service.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { createCaller } from './caller.ts';
import { lasting } from './duration.ts';
import { startFaultyProxy } from './faulty-proxy.ts';
import { record } from './figures.ts';
import { untilServed, watchLife } from './lifeline.ts';
import { limitOf } from './machine.ts';
import { NOTHING_LOST, startMixedLoad } from './mixed-load.ts';

const SECONDS = lasting({ full: 60, short: 20 });

/** Repeats the faults of an earlier run: its figures name the seed. */
const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 2 ** 31);

it('loses nothing, creates nothing twice and confuses no answers', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const proxy = await startFaultyProxy(Number(new URL(inject('mysqlUrl')).port || 3306), SEED);
  onTestFinished(() => proxy.close());
  const url = new URL(database.url);
  url.port = String(proxy.port);
  const service = await startService({ DATABASE_URL: url.href });
  const prober = createCaller(service.url, 4);
  const life = watchLife(prober);
  const load = startMixedLoad(service.url, 64);
  await sleep(1000);

  proxy.faulty = true;
  await sleep(SECONDS * 1000);
  await until('each kind of fault', () => Math.min(...Object.values(proxy.done)) > 0);
  proxy.faulty = false;
  const back = await untilServed(prober, { method: 'PATCH', path: '/cars/1', body: { brand: 'Volkswagen' } });
  await Promise.all([load.stop(), life.stop()]);

  const { lost, twice, wrong } = await load.settle();
  const { acknowledged, requests, slowest, unexpected, refused, inDoubt } = load.seen;
  prober.close();
  const { dropped, cut, silenced, delayed } = proxy.done;
  record(`faulty network for ${SECONDS} s (FAULT_SEED=${SEED})`, {
    faults: `${dropped} dropped, ${cut} cut in the middle, ${silenced} silenced, ${delayed} delayed`,
    requests,
    'writes acknowledged': acknowledged,
    'acknowledged but lost or wrong': lost + wrong,
    'created twice': twice,
    '`outcome-unknown` responses before a retry succeeded': inDoubt,
    '503 responses before a retry succeeded': refused,
    'slowest response': `${(slowest / 1000).toFixed(2)} s`,
    'time until writes succeeded, after the network recovered': `${(back / 1000).toFixed(2)} s`,
  });
  expect({ lost, twice, wrong, unexpected, dead: life.dead }).toEqual(NOTHING_LOST);
  // Faults are rare, so most requests are served.
  expect(acknowledged).toBeGreaterThan(4 * (refused + inDoubt));
  expect(slowest).toBeLessThan(await limitOf(2000));
  expect(back).toBeLessThan(await limitOf(2000));
});
