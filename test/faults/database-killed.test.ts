/**
 * The database is killed (`kill -9`) several times while clients create cars and retry until they
 * succeed.
 */
// Proves: no-loss-database-killed, outlives-database, safe-repetition

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { startServer } from '../../tools/mysql-server.ts';
import { startService } from '../process/start-service.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { createCaller, forEachOf } from './caller.ts';
import { record } from './figures.ts';
import { untilServed, watchLife } from './lifeline.ts';
import { limitOf } from './machine.ts';
import { listAll, NOTHING_LOST } from './mixed-load.ts';
import { checkTrail } from './trail.ts';

const CREATES = 20_000;
const CALLERS = 64;
const KILLS = 10;

it('loses nothing, creates nothing twice, and serves again within 2 s after the database is back', async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
  const database = await createTestDatabase(server.url);
  const service = await startService({ DATABASE_URL: database.url });
  const [caller, prober] = [createCaller(service.url, CALLERS), createCaller(service.url, 4)];
  const life = watchLife(prober);

  const acknowledged = new Map<number, string>();
  const unexpected: string[] = [];
  let slowest = 0;
  let inDoubt = 0;
  const create = async (number: number) => {
    const model = `number ${number}`;
    const body = { brand: 'Seat', model, year: 2001 };
    const call = { method: 'POST', path: '/cars', body, headers: { 'idempotency-key': model } };
    for (;;) {
      const begun = performance.now();
      const answer = await caller.send(call);
      slowest = Math.max(slowest, performance.now() - begun);
      if (answer.status === 201) return void acknowledged.set(JSON.parse(answer.text).id, model);
      if (answer.status !== 503) return void unexpected.push(`${answer.status}: ${answer.text}`);
      if (answer.text.includes('outcome-unknown')) inDoubt += 1;
      await sleep(50 + Math.random() * 50);
    }
  };

  let killing = 0;
  let longestBack = 0;
  const killAgainAndAgain = async () => {
    for (let kill = 1; kill <= KILLS; kill += 1) {
      // Spread over the whole work, each in the middle of it.
      const due = (CREATES / (KILLS + 1)) * kill;
      while (acknowledged.size < due) await sleep(5);
      await server.kill();
      killing += 1;
      await sleep(Math.random() * 1000);
      await server.start();
      const probe = {
        method: 'PATCH',
        path: `/cars/${[...acknowledged.keys()][0]}`,
        body: { year: 2000 + kill },
      };
      longestBack = Math.max(longestBack, await untilServed(prober, probe));
    }
  };
  const numbers = Array.from({ length: CREATES }, (_, index) => index);
  await Promise.all([forEachOf(numbers, CALLERS, create), killAgainAndAgain()]);

  await life.stop();
  const stored = await listAll(caller);
  const models = [...stored.values()].map(({ model }) => model);
  const lost = [...acknowledged].filter(([id, model]) => stored.get(id)?.model !== model).length;
  const { wrong } = await checkTrail(database);
  const twice = models.length - new Set(models).size;
  caller.close();
  prober.close();
  record(`database killed (SIGKILL) ${killing} times during ${CREATES} creates with keys`, {
    acknowledged: acknowledged.size,
    'acknowledged but lost': lost,
    'created twice': twice,
    'cars whose audit trail is wrong': wrong.length,
    '`outcome-unknown` responses before a retry succeeded': inDoubt,
    'restarts of the service': service.child.exitCode === null ? 0 : 1,
    'health checks failed': `${life.dead} of ${life.asked}`,
    'longest time until writes succeeded, after the database was back': `${(longestBack / 1000).toFixed(2)} s`,
    'slowest response': `${(slowest / 1000).toFixed(2)} s`,
  });
  // A car that is wrong counts as lost here.
  expect({ ...NOTHING_LOST, lost, twice, unexpected, dead: life.dead }).toEqual(NOTHING_LOST);
  expect(wrong).toEqual([]);
  expect(acknowledged.size).toBe(CREATES);
  expect(killing).toBe(KILLS);
  expect(longestBack).toBeLessThan(await limitOf(2000));
  expect(slowest).toBeLessThan(await limitOf(2000));
  expect(await service.stop()).toMatchObject({ code: 0 });
});
