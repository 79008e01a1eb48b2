/** `/metrics` for Prometheus: on a port of its own, with a bounded number of series. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { findFreePort } from '../../tools/free-port.ts';
import { aCar } from '../support/cars.ts';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import { ENGINES, makeDatabase } from './databases.ts';
import { openConnection } from './raw-request.ts';
import { type Service, startService } from './start-service.ts';

async function startMeasured(
  engine: (typeof ENGINES)[number],
): Promise<Service & { metrics(): Promise<string> }> {
  const port = await findFreePort();
  const { url } = await makeDatabase(engine);
  const service = await startService({ DATABASE_URL: url, METRICS_PORT: String(port) });
  return {
    ...service,
    metrics: async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
  };
}

/** Returns the values of a metric by its labels, as text. */
function valuesOf(text: string, metric: string): Record<string, number> {
  const lines = text.matchAll(new RegExp(`^${metric}(?:\\{(.*)\\})? (\\S+)$`, 'gm'));
  return Object.fromEntries([...lines].map(([, labels = '', value]) => [labels, Number(value)]));
}

it.each(ENGINES)(
  'counts requests by route, their durations, and the size of rounds, on %s',
  async (engine) => {
    const service = await startMeasured(engine);
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(aCar());
    await Promise.all(
      Array.from({ length: 10 }, () =>
        fetchWithRetries(`${service.url}/cars`, { method: 'POST', headers, body }),
      ),
    );
    await fetchWithRetries(`${service.url}/cars/1`);
    await fetchWithRetries(`${service.url}/cars/99`);
    const text = await service.metrics();
    const requests = valuesOf(text, 'http_requests_total');
    // Requests that a busy machine refused were retried.
    const refused = (labels: string) => requests[`${labels},status="5xx"`] ?? 0;
    const [posts, gets] = ['route="/cars",method="POST"', 'route="/cars/:id",method="GET"'];
    const answered = Object.entries(requests).filter(([labels]) => !labels.endsWith('status="5xx"'));
    expect(Object.fromEntries(answered)).toEqual({
      [`${posts},status="2xx"`]: 10,
      [`${gets},status="2xx"`]: 1,
      [`${gets},status="4xx"`]: 1,
    });
    expect(valuesOf(text, 'http_request_duration_seconds_count')).toEqual({
      [posts]: 10 + refused(posts),
      [gets]: 2 + refused(gets),
    });
    const [write, get] = engine === 'MySQL' ? ['create', 'get'] : ['write', 'get'];
    expect(valuesOf(text, 'database_round_calls_sum')).toMatchObject({
      [`round="${write}"`]: 10,
      [`round="${get}"`]: 2,
    });
    expect(valuesOf(text, 'database_round_wait_seconds_count')).toMatchObject({ [`round="${get}"`]: 2 });
  },
);

it('reports pool, event loop, garbage collection, process and version', async () => {
  const service = await startMeasured('MySQL');
  await fetchWithRetries(`${service.url}/cars`);
  const text = await service.metrics();
  expect(valuesOf(text, 'database_pool_connections')).toMatchObject({
    'state="most"': 10,
    'state="used"': 0,
  });
  expect(valuesOf(text, 'database_pool_connections')['state="free"']).toBeGreaterThan(0);
  expect(valuesOf(text, 'cars_api_build_info')).toEqual({ 'version="0.1.0"': 1 });
  for (const metric of [
    'nodejs_eventloop_lag_p99_seconds',
    'nodejs_gc_duration_seconds_count',
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'nodejs_heap_size_used_bytes',
    'process_open_fds',
    'database_pool_waiting',
    'database_pool_waits_total',
    'database_pool_wait_seconds_total',
  ]) {
    expect(Object.values(valuesOf(text, metric)).every(Number.isFinite), metric).toBe(true);
    expect(text, metric).toContain(`# TYPE ${metric.replace(/_count$/, '')} `);
  }
});

it('adds no series after 10,000 different requests', async () => {
  const service = await startMeasured('SQLite');
  const METHODS = ['GET', 'PUT', 'DELETE', 'PATCH', 'PURGE', 'REPORT', 'OPTIONS', 'LOCK'];
  const ask = async (index: number) => {
    const random = randomBytes(6).toString('hex');
    const path = [`/${random}`, `/cars/${random}`, `/cars?${random}=1`, `/docs/problems/${random}`][
      index % 4
    ];
    const method = METHODS[index % METHODS.length] ?? 'GET';
    const answer = await fetch(`${service.url}${path}`, { method, headers: { 'x-request-id': random } });
    await answer.bytes();
  };
  const askMany = async (count: number) => {
    for (let done = 0; done < count; done += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, index) => ask(index)));
    }
  };
  const series = async () =>
    (await service.metrics()).split('\n').filter((line) => /^[^#]/.test(line)).length;
  const kinds = async () =>
    Object.keys(valuesOf(await service.metrics(), 'http_request_duration_seconds_count')).sort();
  await askMany(100);
  const before = { kinds: await kinds(), series: await series() };
  await askMany(10_000);
  expect(await kinds()).toEqual(before.kinds);
  // Some kinds of status, of refusal and of collection may come for the first time.
  expect(await series()).toBeLessThan(before.series + 60);
});

it('is not served on the API port, and its own port serves nothing else', async () => {
  const port = await findFreePort();
  const service = await startService({ DATABASE_URL: 'sqlite::memory:', METRICS_PORT: String(port) });
  expect((await fetch(`${service.url}/metrics`)).status).toBe(404);
  const statuses = ['/metrics', '/', '/cars', '/metrics/x', '/metrics?x=1'].map(
    async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).status,
  );
  expect(await Promise.all(statuses)).toEqual([200, 404, 404, 404, 404]);
  expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' })).status).toBe(404);
  // A page of another site could read them by DNS rebinding.
  const other = get({ port, path: '/metrics', headers: { host: 'attacker.example' } });
  const [{ statusCode }] = (await once(other, 'response')) as [IncomingMessage];
  other.destroy();
  expect(statusCode).toBe(421);
  expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
  await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
});

it('answers one request on each connection, so that a client that does not read holds little memory', async () => {
  const port = await findFreePort();
  await startService({ DATABASE_URL: 'sqlite::memory:', METRICS_PORT: String(port) });
  const url = `http://127.0.0.1:${port}`;
  const connection = await openConnection(url);
  connection.send('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(200));
  await connection.closed;
  expect((await connection.received('HTTP/1.1')).match(/^HTTP\/1\.1 200 OK\r$/gm)).toHaveLength(1);
  const idle = await Promise.all(Array.from({ length: 40 }, () => openConnection(url)));
  const closed = await Promise.race([...idle.map((one) => one.closed.then(() => true)), sleep(5000)]);
  expect(closed).toBe(true);
});
