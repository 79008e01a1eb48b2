/** What load balancers and operators ask, while the database is there, is away, or the service stops. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { version } from '../../src/package.ts';
import { findFreePort } from '../../tools/free-port.ts';
import { expectProblem, expectProblemDocument } from './expect-problem.ts';
import { parseAnswer, rawHead, sendRaw } from './raw-request.ts';
import { ENGINES, type RunningApp, startApp, useApp } from './start-app.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };

describe.each(ENGINES)('a service on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);

  it('is alive and ready', async () => {
    const alive = await app().get('/healthz');
    expect([alive.status, alive.body]).toEqual([200, `{"status":"ok","version":"${version}"}`]);
    const ready = await app().get('/readyz');
    expect([ready.status, ready.body]).toEqual([200, '{"status":"ready"}']);
  });
});

describe('a service without its database', () => {
  let app: RunningApp;
  beforeAll(async () => {
    const env = { DATABASE_URL: `mysql://root:secret@127.0.0.1:${await findFreePort()}/cars` };
    app = await startApp(env, { database: 'begin' });
  });
  afterAll(() => app.stop());

  it('is alive', async () => {
    expect((await app.get('/healthz')).status).toBe(200);
  });

  it.each([
    { method: 'GET', path: '/readyz', body: undefined },
    { method: 'HEAD', path: '/create-table', body: undefined },
    { method: 'GET', path: '/create-table', body: undefined },
    { method: 'GET', path: '/cars', body: undefined },
    { method: 'GET', path: '/cars?count=exact&sort=-year', body: undefined },
    { method: 'POST', path: '/cars', body: GOLF },
    { method: 'GET', path: '/cars/1', body: undefined },
    { method: 'PUT', path: '/cars/1', body: GOLF },
    { method: 'PATCH', path: '/cars/1', body: GOLF },
    { method: 'DELETE', path: '/cars/1', body: undefined },
  ])('answers $method $path with 503 and Retry-After within 2 s', async ({ method, path, body }) => {
    const start = performance.now();
    const answer = await app.call(method, path, {}, body);
    expect(performance.now() - start).toBeLessThan(2000);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    if (method !== 'HEAD') await expectProblem(answer, 'unavailable');
  });

  it('still validates requests', async () => {
    await expectProblem(await app.post('/cars', {}), 'invalid-car', [
      { pointer: '/brand' },
      { pointer: '/model' },
      { pointer: '/year' },
    ]);
    await expectProblem(await app.get('/cars/0'), 'invalid-parameter', [{ parameter: 'id' }]);
  });

  it('still serves its documentation', async () => {
    for (const path of ['/docs', '/openapi.json', '/docs/problems/unavailable']) {
      expect((await app.get(path)).status).toBe(200);
    }
  });
});

describe('a service that is shutting down', () => {
  it('is not ready, answers the requests in flight, and accepts no new ones', async () => {
    const app = await startApp();
    const { server } = app.app.server;
    // Two connections that have begun when it stops: one that has not asked yet, one within its body.
    const accepted = once(server, 'connection');
    const asking = connect(app.port, '127.0.0.1');
    await accepted;
    const begun = once(server, 'request');
    const body = JSON.stringify(GOLF);
    const head = rawHead('POST', '/cars', [
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ]);
    const creating = sendRaw(app, [head + body.slice(0, 5), body.slice(5)], { pause: 500 });
    await begun;

    const stopped = app.stop();
    await expect.poll(() => server.listening).toBe(false);
    const ready = await answerOn(asking, rawHead('GET', '/readyz'));
    expect(ready).toMatch(/^HTTP\/1\.1 503 /);
    expect(ready).toMatch(/\r\nretry-after: \d+\r\n/i);
    expect(ready).toMatch(/\r\nconnection: close\r\n/i);
    expectProblemDocument(parseAnswer(ready, app.origin), 'unavailable');

    const created = await creating;
    expect([created?.status, created?.headers.get('connection')]).toEqual([201, 'close']);
    await stopped;
    await expect(app.get('/healthz')).rejects.toThrow('fetch failed');
  });
});

async function answerOn(socket: ReturnType<typeof connect>, request: string): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write(request);
  await once(socket, 'end');
  return Buffer.concat(chunks).toString('latin1');
}
