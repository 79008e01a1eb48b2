/**
 * An unavailable MySQL server: the service stays up, answers 503 at once, and recovers when it is
 * back.
 */
// Proves: outlives-database

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startServer } from '../../tools/mysql-server.ts';
import type { OwnServer } from '../../tools/own-server.ts';
import { aCar } from '../support/cars.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { startSilentServer } from './silent-server.ts';
import { startService, until } from './start-service.ts';

/** Additional milliseconds for an answer on a busy machine. */
const LOADED = 2000;

let server: OwnServer;
let database: TestDatabase;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  database = await createTestDatabase(server.url);
});

/** Sends a request, and measures the milliseconds until the answer. */
async function ask(url: string, init: RequestInit = {}) {
  const start = performance.now();
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  return { status: response.status, header: response.headers, text, took: performance.now() - start };
}

function post(url: string) {
  const headers = { 'content-type': 'application/json' };
  return ask(`${url}/cars`, { method: 'POST', headers, body: JSON.stringify(aCar()) });
}

async function expectUnavailable(url: string, promised: number): Promise<void> {
  const health = await ask(`${url}/healthz`);
  expect(health.status).toBe(200);
  // The last result of `/readyz` is kept for a second.
  await sleep(1100);
  const answers = [
    await ask(`${url}/readyz`),
    await ask(`${url}/cars`),
    await ask(`${url}/cars/1`),
    await post(url),
  ];
  for (const { status, header, text, took } of answers) {
    expect(status).toBe(503);
    expect(header.get('content-type')).toBe('application/problem+json');
    expect(header.get('retry-after')).toMatch(/^\d+$/);
    expect(JSON.parse(text)).toMatchObject({ status: 503, type: expect.stringContaining('unavailable') });
    expect(text).not.toMatch(/connect|ECONN|127\.0\.0\.1|mysql/i);
    expect(took).toBeLessThan(promised + LOADED);
  }
}

async function untilReady(url: string): Promise<void> {
  await until('ready', async () => (await ask(`${url}/readyz`)).status === 200);
}

it('starts without its server, answers 503 at once, and migrates and serves within 2 s when the server starts', async () => {
  await server.kill();
  const service = await startService({ DATABASE_URL: database.url });
  await expectUnavailable(service.url, 1000);
  const reasons = service.log().filter((line) => String(line['message']).includes('not ready'));
  expect(reasons[0]).toMatchObject({ level: 'warn', reason: expect.stringContaining('ECONNREFUSED') });
  await server.start();
  const back = performance.now();
  await untilReady(service.url);
  expect(performance.now() - back).toBeLessThan(2000 + LOADED);
  expect((await post(service.url)).status).toBe(201);
  expect(await database.query('SELECT brand FROM cars')).toEqual([{ brand: aCar().brand }]);
  expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
});

it('answers 503 while its server is down, and serves again when the server is back', async () => {
  const service = await startService({ DATABASE_URL: database.url });
  await untilReady(service.url);
  expect((await post(service.url)).status).toBe(201);
  await server.kill();
  await expectUnavailable(service.url, 2000);
  await server.start();
  await untilReady(service.url);
  expect((await post(service.url)).status).toBe(201);
  expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
});

it('retries at least every 2 s, however long its server is unavailable', async () => {
  const service = await startService({ DATABASE_URL: 'mysql://ann@127.0.0.1:1/cars' });
  const attempts = () => service.log().filter((line) => String(line['message']).includes('not ready'));
  await until('the eighth attempt', () => attempts().length >= 8);
  const times = attempts().map((line) => Date.parse(String(line['time'])));
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(Math.max(...pauses)).toBeLessThan(2000 + LOADED / 2);
});

describe('while its server hangs', () => {
  async function startBeforeItHangs() {
    const service = await startService({ DATABASE_URL: database.url });
    await untilReady(service.url);
    // Opens several connections, which the pool keeps.
    await Promise.all(Array.from({ length: 8 }, () => ask(`${service.url}/cars`)));
    await server.pause();
    onTestFinished(() => server.resume());
    // The last result of `/readyz` is kept for a second.
    await sleep(1100);
    return service;
  }

  it('reports within a second that it is not ready', async () => {
    const service = await startBeforeItHangs();
    const { status, took } = await ask(`${service.url}/readyz`);
    expect(status).toBe(503);
    expect(took).toBeLessThan(1000 + LOADED);
  });

  it('exits with 0 when no request is in flight', async () => {
    const service = await startBeforeItHangs();
    expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
  });
});

it('answers 503 when the server accepts connections but never answers, and exits with 0', async () => {
  const { port } = await startSilentServer();
  const service = await startService({ DATABASE_URL: `mysql://ann@127.0.0.1:${port}/cars` });
  await expectUnavailable(service.url, 1000);
  expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
});
