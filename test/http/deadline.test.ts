/** Every response comes within 2 s, even if the check of the credential and the database are slow one after the other. */
// Proves: deadline

import { expect, it, onTestFinished } from 'vitest';
import { startDelayingProxy } from '../../tools/delaying-proxy.ts';
import { startIssuer } from '../../tools/start-issuer.ts';
import { giveKey } from '../support/give-key.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { timed } from '../support/timed.ts';
import { startApp } from './start-app.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };

/** Milliseconds: two such waits are longer than any response may take. */
const SLOW = 1200;

/** Milliseconds that a busy machine may add to the 2,000 within which the service responds. */
const LOADED = 300;

it('does not wait for two slow answers of the token issuer, but uses them for the next request', async () => {
  const issuer = await startIssuer();
  issuer.slowDown(SLOW);
  const app = await startApp(issuer.settings);
  onTestFinished(async () => void (await Promise.all([app.stop(), issuer.stop()])));
  const headers = { authorization: `Bearer ${await issuer.sign()}` };
  const first = await timed(app.get('/cars/1', headers));
  expect(first.milliseconds).toBeLessThan(2000 + LOADED);
  expect(first.result.status).toBe(503);
  expect(first.result.headers.get('retry-after')).toBe('1');
  // Not always the very next request on a busy machine. One that fetched the keys again would fail.
  await expect.poll(async () => (await app.get('/cars/1', headers)).status).toBe(404);
  expect(issuer.keysFetched()).toBe(1);
});

it('counts the time that an API key was looked up', async () => {
  const created = await createTestDatabase();
  const proxy = await startDelayingProxy(created.url);
  const app = await startApp({ AUTH: 'api-key', DATABASE_URL: proxy.url });
  onTestFinished(async () => {
    proxy.answers = 0;
    await app.stop();
    proxy.close();
    await created.drop();
  });
  const known = { 'x-api-key': await giveKey(app.app.database.keys) };
  expect((await app.post('/cars', GOLF, known)).status).toBe(201);
  for (const method of ['GET', 'DELETE']) {
    const unknown = { 'x-api-key': await giveKey(app.app.database.keys) };
    // Both connections are in use, so that the pool does not ping them first.
    const warm = () => Promise.all(Array.from({ length: 4 }, () => app.get('/cars/1', known)));
    await until(async () => void (await warm()), 1100);
    proxy.answers = SLOW;
    const { milliseconds, result } = await timed(app.call(method, '/cars/1', unknown));
    proxy.answers = 0;
    expect(milliseconds).toBeGreaterThan(SLOW);
    expect(milliseconds).toBeLessThan(2000 + LOADED);
    expect(result.status).toBe(503);
    expect((await app.get('/cars/1', unknown)).status).toBe(200);
  }
});

/** Repeats a call for so long: after a read of the keys, an unknown key causes no other for a second. */
async function until(call: () => Promise<void>, milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) await call();
}
