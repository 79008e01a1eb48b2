/** Requests whose client hangs up before the response begins. */

import { request as ask, type ClientRequest } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { LIMITS } from '../../src/http/limits.ts';
import { requestEnded, subscribeToRequests } from '../../src/observability/request-record.ts';
import { aRequest, manyCars } from '../support/cars.ts';
import { giveKey } from '../support/give-key.ts';
import { collectLog } from './collected-log.ts';
import { type RunningApp, startApp } from './start-app.ts';

/** Asks over a connection of its own. */
function open({ port }: RunningApp, path: string, headers = {}, body = ''): ClientRequest {
  const method = body === '' ? 'GET' : 'POST';
  const request = ask({ port, host: '127.0.0.1', method, path, headers, agent: false });
  request.on('error', () => {}).end(body);
  return request;
}

/** Hangs up, and waits until the service has noticed. */
async function hangUp(app: RunningApp, request: ClientRequest): Promise<void> {
  const closed = new Promise((resolve) => request.once('close', resolve));
  request.destroy();
  await closed;
  for (let times = 0; times < 5; times += 1) await app.get('/healthz');
}

it('an export is logged and counted, and reads no further page', async () => {
  const collected = collectLog();
  const app = await startApp({}, { log: collected.log });
  onTestFinished(() => app.stop());
  const ended: unknown[] = [];
  onTestFinished(subscribeToRequests(requestEnded, ({ route }) => void ended.push(route)));
  const { cars } = app.app.database;
  for (let page = 0; page < 3; page += 1) await cars.createMany(aRequest(), manyCars(LIMITS.exportPage));
  const { list } = cars;
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let pages = 0;
  cars.list = async (context, query) => {
    pages += 1;
    asked.resolve();
    await gate.promise;
    return list(context, query);
  };
  const request = open(app, '/cars.ndjson');
  await asked.promise;
  await hangUp(app, request);
  gate.resolve();
  await expect
    .poll(() => collected.lines().find(({ route }) => route === '/cars.ndjson'))
    .toMatchObject({ aborted: true, bytes: 0 });
  expect(ended).toContain('/cars.ndjson');
  for (let times = 0; times < 5; times += 1) await app.get('/healthz');
  expect(pages).toBe(1);
});

/** A service on which the check of an API key waits until the test says so. */
async function startSlow() {
  const collected = collectLog();
  const app = await startApp({ AUTH: 'api-key' }, { log: collected.log });
  onTestFinished(() => app.stop());
  const { keys } = app.app.database;
  const headers = { 'x-api-key': await giveKey(keys), 'content-type': 'application/json' };
  const { list } = keys;
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  keys.list = async () => {
    asked.resolve();
    await gate.promise;
    return list();
  };
  return { app, collected, headers, asked: asked.promise, go: gate.resolve };
}

it('an export frees its place if that happens while its credential is checked', async () => {
  const { app, headers, asked, go } = await startSlow();
  const requests = Array.from({ length: LIMITS.exports }, () => open(app, '/cars.csv', headers));
  await asked;
  for (const request of requests) await hangUp(app, request);
  go();
  for (let times = 0; times < 5; times += 1) await app.get('/healthz');
  expect((await app.get('/cars.csv', headers)).status).toBe(200);
});

it('a request with a body is logged if that happens while its credential is checked', async () => {
  const { app, collected, headers, asked, go } = await startSlow();
  const request = open(app, '/cars', headers, '{"brand":"Audi","model":"A4","year":2020}');
  await asked;
  await hangUp(app, request);
  go();
  await expect
    .poll(() => collected.lines().find(({ method }) => method === 'POST'))
    .toMatchObject({ route: '/cars', aborted: true });
  expect((await app.get('/cars', headers)).body).toBe('[]');
});
