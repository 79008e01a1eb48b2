/** Stopping the service: requests in flight are answered, and the exit code shows the result. */
// Proves: replacement

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { startDelayingProxy } from '../../tools/delaying-proxy.ts';
import { withConnection } from '../../tools/mysql-client.ts';
import { aCar } from '../support/cars.ts';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import { makeDatabase } from './databases.ts';
import { beginPost, openConnection } from './raw-request.ts';
import { startSilentServer } from './silent-server.ts';
import { type LogLine, startProgram, startService, until } from './start-service.ts';

const MEMORY = { DATABASE_URL: 'sqlite::memory:' };

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

function messages(log: readonly LogLine[]): unknown[] {
  return log.map((line) => line['message']);
}

it.each(SIGNALS)('answers the request in flight and exits with 0 on %s', async (signal) => {
  const database = await makeDatabase('SQLite');
  const service = await startService({ DATABASE_URL: database.url });
  const request = await beginPost(service.url, aCar());
  service.child.kill(signal);
  await service.logged('stopping');
  expect(await request.finish()).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
  expect(await service.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(messages(service.log()).slice(-3)).toEqual(['stopping', 'request', 'stopped']);
  expect(await database.query('SELECT brand FROM cars')).toEqual([{ brand: aCar().brand }]);
});

it('answers a request that waits for the database before it closes the database', async () => {
  const database = await makeDatabase('MySQL');
  const service = await startService({ DATABASE_URL: database.url });
  await withConnection(database.url, async (connection) => {
    await connection.query('LOCK TABLES cars READ');
    const answer = fetchWithRetries(`${service.url}/cars`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(aCar()),
    });
    const waiting = `SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'INSERT%'`;
    await until('the insert', async () => (await database.query(waiting)).length > 0);
    service.child.kill('SIGTERM');
    await service.logged('stopping');
    await connection.query('UNLOCK TABLES');
    expect((await answer).status).toBe(201);
  });
  expect(await service.ended).toMatchObject({ code: 0, stderr: '' });
});

it('sends Connection: close, and closes the connection', async () => {
  const service = await startService(MEMORY);
  const request = await beginPost(service.url, aCar());
  service.child.kill('SIGTERM');
  await service.logged('stopping');
  expect(await request.finish()).toMatch(/^connection: close\r$/im);
  await request.closed;
  expect(await service.ended).toMatchObject({ code: 0 });
});

it('does not wait for idle connections', async () => {
  const service = await startService({ ...MEMORY, STOP_SECONDS: '5' });
  const asked = await openConnection(service.url);
  asked.send('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await asked.received('"ok"');
  const silent = await openConnection(service.url);
  // Once this one is answered, the service has accepted those before it.
  await fetch(`${service.url}/healthz`);
  expect(await service.stop()).toMatchObject({ code: 0 });
  await Promise.all([asked.closed, silent.closed]);
});

it('is not ready after the signal, and accepts no new connection', async () => {
  const service = await startService(MEMORY);
  const begun = await beginPost(service.url, aCar());
  const connection = await openConnection(service.url);
  connection.send('GET /readyz HTTP/1.1\r\nHost: localhost\r\n');
  await fetch(`${service.url}/healthz`);
  service.child.kill('SIGTERM');
  await service.logged('stopping');
  connection.send('\r\n');
  const answer = await connection.received('}');
  expect(answer).toMatch(/^HTTP\/1\.1 503 .*\r\n/);
  expect(answer).toMatch(/^retry-after: \d+\r$/im);
  await expect(openConnection(service.url)).rejects.toThrow('ECONNREFUSED');
  await begun.finish();
  expect(await service.ended).toMatchObject({ code: 0 });
});

it('serves for DRAIN_SECONDS, but reports that it is not ready', async () => {
  const service = await startService({ ...MEMORY, DRAIN_SECONDS: '2' });
  const stopping = service.stop();
  await until('not ready', async () => (await fetch(`${service.url}/readyz`)).status === 503);
  const begun = performance.now();
  while (performance.now() - begun < 1000) {
    const answer = await fetchWithRetries(`${service.url}/cars`, { headers: { connection: 'close' } });
    expect(answer.status).toBe(200);
  }
  expect(await stopping).toMatchObject({ code: 0, stderr: '' });
  expect(performance.now() - begun).toBeLessThan(5000);
});

it('does not wait for an incomplete request head', async () => {
  const service = await startService({ ...MEMORY, STOP_SECONDS: '5' });
  const connection = await openConnection(service.url);
  connection.send('GET /healthz HTTP/1.1\r\nHost:');
  await fetch(`${service.url}/healthz`);
  expect(await service.stop()).toMatchObject({ code: 0 });
  await connection.closed;
});

it('answers a request on an idle connection after it stopped listening', async () => {
  const service = await startService(MEMORY);
  const idle = await openConnection(service.url);
  await fetch(`${service.url}/healthz`);
  const stopping = service.stop();
  await until('that it stopped to listen', async () =>
    openConnection(service.url).then(
      () => false,
      () => true,
    ),
  );
  idle.send('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(await idle.received('"ok"')).toMatch(/^connection: close\r$/im);
  expect(await stopping).toMatchObject({ code: 0 });
});

it('answers connections that it has not accepted yet, if it was paused, as a busy machine may do', async () => {
  const service = await startService(MEMORY);
  service.child.kill('SIGSTOP');
  const connections = await Promise.all(Array.from({ length: 20 }, () => openConnection(service.url)));
  for (const { send } of connections) send('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  service.child.kill('SIGTERM');
  service.child.kill('SIGCONT');
  await Promise.all(connections.map(({ closed }) => closed));
  for (const { received } of connections) expect(await received('"ok"')).toMatch(/^HTTP\/1\.1 200 /);
  expect(await service.ended).toMatchObject({ code: 0 });
});

it.each([
  { first: 'SIGTERM', second: 'SIGINT' },
  { first: 'SIGINT', second: 'SIGTERM' },
  { first: 'SIGHUP', second: 'SIGHUP' },
] as const)('exits with 1 when $second follows $first by more than a second', async ({ first, second }) => {
  const service = await startService({ ...MEMORY, STOP_SECONDS: '3600' });
  await beginPost(service.url, aCar());
  service.child.kill(first);
  await service.logged('stopping');
  await sleep(1000);
  service.child.kill(second);
  expect(await service.ended).toMatchObject({ code: 1, stderr: '' });
  expect(service.log().at(-1)).toMatchObject({
    level: 'fatal',
    message: expect.stringContaining(`${second} during shutdown`),
  });
});

it('ignores a second signal within a second, as Ctrl-C sends from the terminal and from npm', async () => {
  const service = await startService(MEMORY);
  const request = await beginPost(service.url, aCar());
  service.child.kill('SIGINT');
  await service.logged('stopping');
  service.child.kill('SIGINT');
  service.child.kill('SIGTERM');
  expect(await request.finish()).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
  expect(await service.ended).toMatchObject({ code: 0, stderr: '' });
});

it('exits with 1 when a request is still in flight after STOP_SECONDS', async () => {
  const database = await makeDatabase('MySQL');
  const proxy = await startDelayingProxy(database.url);
  onTestFinished(() => proxy.close());
  const service = await startService({ DATABASE_URL: proxy.url, STOP_SECONDS: '1' });
  expect((await fetchWithRetries(`${service.url}/cars`)).status).toBe(200);
  // The database hangs, so that the request takes almost two seconds.
  proxy.answers = 60_000;
  const connection = await openConnection(service.url);
  connection.send('GET /cars/1 HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await fetch(`${service.url}/healthz`);
  expect(await service.stop()).toMatchObject({ code: 1, stderr: '' });
  const [stopping, last] = service.log().slice(-2);
  expect(last).toMatchObject({ level: 'fatal', message: 'requests were still in flight after 1 s' });
  expect(Date.parse(String(last?.['time'])) - Date.parse(String(stopping?.['time']))).toBeGreaterThan(900);
});

it('exits with 0 without listening when the signal arrives while it waits for the database', async () => {
  const { port, connected } = await startSilentServer();
  const program = startProgram('main.ts', { PORT: '0', DATABASE_URL: `mysql://ann@127.0.0.1:${port}/cars` });
  await connected;
  program.child.kill('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  expect(messages(program.log())).toEqual(['stopping', 'stopped']);
});
