/** Limits on what one caller may ask, told in header fields, and refused beyond them. */

import { describe, expect, it, onTestFinished } from 'vitest';
import type { Environment } from '../../src/config/reader.ts';
import { giveKey } from '../support/give-key.ts';
import { type Answer, carOf } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { readLimitFields } from './limit-fields.ts';
import { type RunningApp, type StartOptions, startApp } from './start-app.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };

/** So few that none comes back while a test runs, however slow the machine is: one in 20 seconds. */
const FEW = { RATE_LIMIT_READS: '3', RATE_LIMIT_WRITES: '3' };

async function start(env: Environment = FEW, options: StartOptions = {}): Promise<RunningApp> {
  const app = await startApp(env, options);
  onTestFinished(() => app.stop());
  return app;
}

const left = (answer: Answer) => readLimitFields(answer).remaining;

const from = (address: string) => ({ 'x-forwarded-for': address });

function expectFields(answer: Answer, policy: string, quota: number): void {
  expect(readLimitFields(answer)).toMatchObject({ policy, quota, window: 60 });
}

async function expectTooMany(answer: Answer, policy = 'reads'): Promise<void> {
  await expectProblem(answer, 'too-many-requests');
  expectFields(answer, policy, 3);
  const seconds = Number(answer.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(20);
  // One who waits by either field comes at the same time.
  expect(readLimitFields(answer)).toMatchObject({ remaining: 0, seconds });
}

describe('a caller', () => {
  // Proves: unfair-share
  it('may read up to its limit, sees what is left, and then gets 429', async () => {
    const app = await start();
    for (const remaining of [2, 1, 0]) {
      const answer = await app.get('/cars');
      expect([answer.status, left(answer)]).toEqual([200, remaining]);
      expectFields(answer, 'reads', 3);
    }
    await expectTooMany(await app.get('/cars'));
    expect((await app.head('/cars')).status).toBe(429);
  });

  it('has a separate budget for writes', async () => {
    const app = await start();
    const { id } = carOf(await app.post('/cars', GOLF));
    expect((await app.put(`/cars/${id}`, GOLF)).status).toBe(200);
    const deleted = await app.delete(`/cars/${id}`);
    expect([deleted.status, left(deleted)]).toEqual([204, 0]);
    expectFields(deleted, 'writes', 3);
    await expectTooMany(await app.post('/cars', GOLF), 'writes');
    await expectTooMany(await app.patch('/cars/1', { year: 2019 }), 'writes');
    expect((await app.get('/cars')).status).toBe(200);
  });

  it('sees what is left in every response, including errors', async () => {
    const app = await start({ RATE_LIMIT_READS: '100', RATE_LIMIT_WRITES: '100' });
    const answers = [
      await app.get('/cars/99'),
      await app.get('/cars?limit=0'),
      await app.get('/create-table'),
      await app.post('/cars', GOLF),
      await app.post('/cars', {}),
      await app.put('/cars/1', GOLF, { 'if-match': '"9"' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 400, 200, 201, 422, 412]);
    for (const answer of answers.slice(0, 3)) expectFields(answer, 'reads', 100);
    for (const answer of answers.slice(3)) expectFields(answer, 'writes', 100);
  });

  it('is not charged for a 304, but needs budget left for the request', async () => {
    const app = await start();
    const etag = (await app.post('/cars', GOLF)).headers.get('etag') ?? '';
    for (let times = 0; times < 5; times += 1) {
      const answer = await app.get('/cars/1', { 'if-none-match': etag });
      expect([answer.status, left(answer)]).toEqual([304, 3]);
      // The budget is whole: there is no time after which there would be more.
      expect(readLimitFields(answer).seconds).toBeUndefined();
    }
    for (let times = 0; times < 3; times += 1) await app.get('/cars/1');
    await expectTooMany(await app.get('/cars/1', { 'if-none-match': etag }));
  });

  it('is charged for a 304 to If-None-Match: *, which every client gets, and for too many others', async () => {
    const app = await start();
    const etag = (await app.post('/cars', GOLF)).headers.get('etag') ?? '';
    for (const remaining of [2, 1, 0]) {
      const answer = await app.get('/cars/1', { 'if-none-match': '*' });
      expect([answer.status, left(answer)]).toEqual([304, remaining]);
    }
    await expectTooMany(await app.get('/cars/1', { 'if-none-match': '*' }));
    const other = await start();
    await other.post('/cars', GOLF);
    const statuses: number[] = [];
    for (let times = 0; times < 34; times += 1)
      statuses.push((await other.get('/cars/1', { 'if-none-match': etag })).status);
    // Ten free ones for each of three, and then those three.
    expect(statuses).toEqual([...Array(33).fill(304), 429]);
  });

  it('gets no time in RateLimit if Retry-After has another reason', async () => {
    // Port 1 is for a service that nobody has run for decades.
    const app = await start({ ...FEW, DATABASE_URL: 'mysql://ann@127.0.0.1:1/cars' }, { database: 'leave' });
    const answer = await app.get('/cars');
    await expectProblem(answer, 'unavailable');
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(readLimitFields(answer)).toMatchObject({ remaining: 2, seconds: undefined });
  });

  it('is limited in reads only, or in writes only, as configured', async () => {
    const reads = await start({ RATE_LIMIT_READS: '3' });
    for (let times = 0; times < 5; times += 1) {
      const answer = await reads.post('/cars', GOLF);
      expect([answer.status, answer.headers.has('ratelimit')]).toEqual([201, false]);
    }
    expect(left(await reads.get('/cars'))).toBe(2);
    const writes = await start({ RATE_LIMIT_WRITES: '3' });
    for (let times = 0; times < 5; times += 1) expect((await writes.get('/cars')).status).toBe(200);
    expect(left(await writes.post('/cars', GOLF))).toBe(2);
  });

  it('is not limited in health checks and documentation', async () => {
    const app = await start();
    for (let times = 0; times < 5; times += 1) {
      for (const path of ['/healthz', '/readyz', '/docs', '/openapi.json']) {
        const answer = await app.get(path);
        expect([answer.status, answer.headers.has('ratelimit')]).toEqual([200, false]);
      }
    }
  });

  it('sees no limit if none is configured', async () => {
    const answer = await (await start({})).get('/cars');
    expect([answer.headers.has('ratelimit'), answer.headers.has('ratelimit-policy')]).toEqual([false, false]);
  });
});

describe('callers are identified', () => {
  it('by their keys, regardless of address', async () => {
    const app = await start({ ...FEW, AUTH: 'api-key', TRUST_PROXY: '1' });
    const { keys } = app.app.database;
    const ann = { 'x-api-key': await giveKey(keys) };
    const bob = { 'x-api-key': await giveKey(keys) };
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
      expect((await app.get('/cars', { ...ann, ...from(address) })).status).toBe(200);
    }
    await expectTooMany(await app.get('/cars', { ...ann, ...from('192.0.2.4') }));
    expect((await app.get('/cars', { ...bob, ...from('192.0.2.1') })).status).toBe(200);
  });

  it('by address if they have no name, even with public reads', async () => {
    for (const env of [{}, { AUTH: 'api-key', PUBLIC_READ: 'true' }]) {
      const app = await start({ ...FEW, ...env, TRUST_PROXY: '1' });
      for (const remaining of [2, 1, 0])
        expect(left(await app.get('/cars', from('192.0.2.1')))).toBe(remaining);
      await expectTooMany(await app.get('/cars', from('192.0.2.1')));
      expect(left(await app.get('/cars', from('192.0.2.2')))).toBe(2);
    }
  });

  // Proves: brute-force
  it('by address if their credentials are rejected, on a separate budget', async () => {
    const app = await start({ ...FEW, AUTH: 'api-key', TRUST_PROXY: '1' });
    const address = from('192.0.2.1');
    const { keys } = app.app.database;
    const [key, newKey] = [await giveKey(keys), await giveKey(keys)];
    expect((await app.get('/cars', { 'x-api-key': key, ...address })).status).toBe(200);
    for (const headers of [{}, { 'x-api-key': 'wrong' }, { authorization: 'Basic x' }]) {
      const answer = await app.get('/cars', { ...headers, ...address });
      await expectProblem(answer, 'unauthenticated');
      expectFields(answer, 'failures', 3);
    }
    await expectTooMany(await app.get('/cars', address), 'failures');
    await expectTooMany(await app.post('/cars', GOLF, { 'x-api-key': 'wrong', ...address }), 'failures');
    // A neighbour whose key was accepted before does not pay for it. Another credential is not even checked.
    expect((await app.get('/cars', { 'x-api-key': key, ...address })).status).toBe(200);
    await expectTooMany(await app.get('/cars', { 'x-api-key': newKey, ...address }), 'failures');
    expect((await app.get('/cars', { 'x-api-key': newKey, ...from('192.0.2.9') })).status).toBe(200);
    expect((await app.get('/cars', from('192.0.2.2'))).status).toBe(401);
  });
});

it('checks no more credentials of an address at once than its limit', async () => {
  const app = await start({ ...FEW, AUTH: 'api-key' });
  const tries = Array.from({ length: 50 }, (_, index) =>
    app.get('/cars', { 'x-api-key': `cars_${String(index).padStart(16, '0')}_${'x'.repeat(43)}` }),
  );
  const statuses = (await Promise.all(tries)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(3);
  expect(statuses.filter((status) => status === 429)).toHaveLength(47);
});

it('charges faulty requests for open paths to the address, but never refuses a health check', async () => {
  const app = await start({ ...FEW, RATE_LIMIT_READS: '3' });
  for (let times = 0; times < 3; times += 1) expect((await app.get('/docs?x=1')).status).toBe(400);
  await expectTooMany(await app.get('/openapi.json?x=1'), 'failures');
  expect((await app.get('/docs')).status).toBe(200);
  for (let times = 0; times < 5; times += 1) {
    expect((await app.get('/healthz')).status).toBe(200);
    expect((await app.get('/readyz')).status).toBe(200);
    expect((await app.get('/healthz?x=1')).status).toBe(400);
  }
});

describe('X-Forwarded-For', () => {
  const spendAll = async (app: RunningApp, headers: Record<string, string>) => {
    for (let times = 0; times < 3; times += 1) await app.get('/cars', headers);
  };
  /** Whether both fields are of one caller. */
  async function areOne(proxies: number, first: string, second: string): Promise<boolean> {
    const app = await start({ ...FEW, TRUST_PROXY: String(proxies) });
    await spendAll(app, from(first));
    return (await app.get('/cars', from(second))).status === 429;
  }

  it.each<[number, string, string]>([
    // Without a proxy anybody could write anything.
    [0, '192.0.2.1', '192.0.2.2'],
    // What stands left of the trusted entries is the caller's own invention.
    [1, '192.0.2.1', '198.51.100.1, 192.0.2.1'],
    [2, '192.0.2.1, 10.0.0.1', '198.51.100.1,192.0.2.1,10.0.0.2'],
    [1, '192.0.2.1', '192.0.2.1:4711'],
    [1, '192.0.2.1', '::ffff:192.0.2.1'],
    // One network of one customer.
    [1, '2001:db8:0:1::1', '2001:0DB8:0:1:ffff:ffff:ffff:ffff'],
    [1, '2001:db8::1', '[2001:db8::2]:443'],
    // What is no address says nothing: then it is the proxy's own.
    [1, 'unknown', '<script>'],
  ])('with %i trusted proxies: %s is %s', async (proxies, first, second) => {
    expect(await areOne(proxies, first, second)).toBe(true);
  });

  it.each<[number, string, string]>([
    [1, '192.0.2.1', '192.0.2.2'],
    [1, '198.51.100.1, 192.0.2.1', '198.51.100.1, 192.0.2.2'],
    [2, '192.0.2.1, 10.0.0.1', '192.0.2.2, 10.0.0.1'],
    [1, '2001:db8:0:1::1', '2001:db8:0:2::1'],
  ])('with %i trusted proxies: %s is not %s', async (proxies, first, second) => {
    expect(await areOne(proxies, first, second)).toBe(false);
  });
});
