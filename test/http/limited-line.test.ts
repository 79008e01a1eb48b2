/** The log's line of a request that the gate refused because a budget was used up. */

import { expect, it, onTestFinished } from 'vitest';
import { until } from '../process/start-service.ts';
import { aKey, giveKey } from '../support/give-key.ts';
import type { Answer } from './answer.ts';
import { collectLog } from './collected-log.ts';
import { startApp } from './start-app.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
const ONE = { AUTH: 'api-key', RATE_LIMIT_READS: '1', RATE_LIMIT_WRITES: '1' };

/** A service that lets each caller in once, with a key for it. */
async function start() {
  const collected = collectLog();
  const running = await startApp(ONE, { log: collected.log });
  onTestFinished(() => running.stop());
  const key = { 'x-api-key': await giveKey(running.app.database.keys, { name: 'ann' }) };
  async function lineOf({ headers }: Answer) {
    const requestId = headers.get('x-request-id');
    const found = () => collected.lines().filter((line) => line['requestId'] === requestId);
    await until('the line', () => found().length > 0);
    expect(found()).toHaveLength(1);
    return found()[0];
  }
  return { app: running, key, lineOf };
}

it.each([
  ['reads', 'GET', undefined],
  ['writes', 'POST', GOLF],
] as const)('says that %s were limited, and whose', async (limited, method, body) => {
  const { app, key, lineOf } = await start();
  const first = await app.call(method, '/cars', key, body);
  expect(await lineOf(first)).toMatchObject({ level: 'info', status: first.status, caller: 'ann' });
  expect(await lineOf(first)).not.toHaveProperty('limited');
  const second = await app.call(method, '/cars', key, body);
  expect(await lineOf(second)).toMatchObject({
    level: 'warn',
    method,
    route: '/cars',
    status: 429,
    caller: 'ann',
    limited,
    problem: 'too-many-requests',
  });
});

it('reports that wrong credentials were limited, without a name', async () => {
  const { app, lineOf } = await start();
  const wrong = { 'x-api-key': aKey().text };
  const first = await lineOf(await app.get('/cars', wrong));
  expect(first).toMatchObject({ level: 'info', status: 401, problem: 'unauthenticated' });
  expect(first).not.toHaveProperty('limited');
  const second = await lineOf(await app.get('/cars', wrong));
  expect(second).toMatchObject({ level: 'warn', status: 429, limited: 'failures' });
  expect(second).not.toHaveProperty('caller');
});
