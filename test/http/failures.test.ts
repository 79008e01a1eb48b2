/** What callers get when the store fails. The failures are put in its place: no test can make a real disk run full here. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CarError, type CarErrorCode } from '../../src/cars/car-error.ts';
import { failStore } from '../support/fail-store.ts';
import { collectLog } from './collected-log.ts';
import { expectProblem } from './expect-problem.ts';
import { type RunningApp, startApp } from './start-app.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
const KEY = { 'idempotency-key': 'a key' };
const SECRET = "ER_PARSE: SELECT secret FROM cars at 10.0.0.7 with password 'hunter2'";

let app: RunningApp;
let failure: unknown;
const collected = collectLog();

beforeAll(async () => {
  app = await startApp({}, { log: collected.log });
  failStore(app.app.database.cars, () => failure);
});
beforeEach(() => collected.clear());
afterAll(() => app.stop());

const failWith = (code: CarErrorCode) => {
  failure = new CarError(code, { cause: new Error(SECRET) });
};

describe('a failure of the store', () => {
  it('that applied nothing is answered with 503 and Retry-After', async () => {
    failWith('unavailable');
    const answer = await app.post('/cars', GOLF);
    await expectProblem(answer, 'unavailable');
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  it('with an unknown outcome has Retry-After only if the request had an Idempotency-Key', async () => {
    failWith('outcome-unknown');
    const without = await app.post('/cars', GOLF);
    await expectProblem(without, 'outcome-unknown');
    expect(without.headers.has('retry-after')).toBe(false);
    const withKey = await app.post('/cars', GOLF, KEY);
    await expectProblem(withKey, 'outcome-unknown');
    expect(withKey.headers.get('retry-after')).toBe('1');
  });

  it.each(['PUT', 'PATCH', 'DELETE'])(
    'with an unknown outcome of a %s has no Retry-After, even with the key, which it ignores',
    async (method) => {
      failWith('outcome-unknown');
      const answer = await app.call(method, '/cars/1', KEY, method === 'DELETE' ? undefined : GOLF);
      await expectProblem(answer, 'outcome-unknown');
      expect(answer.headers.has('retry-after')).toBe(false);
    },
  );

  it('because of a full disk is answered with 507', async () => {
    failWith('storage-full');
    await expectProblem(await app.post('/cars', GOLF), 'storage-full');
  });

  it('because the Idempotency-Key is in use is answered with 409 and Retry-After', async () => {
    failWith('idempotency-key-busy');
    const answer = await app.post('/cars', GOLF, KEY);
    await expectProblem(answer, 'idempotency-key-busy');
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  it.each([
    new Error(SECRET),
    Object.assign(new Error(SECRET), { statusCode: 418, code: 'ER_PARSE', headers: { 'x-secret': SECRET } }),
    Object.assign(new Error(SECRET), { validation: [{ message: SECRET }] }),
    SECRET,
    undefined,
    null,
  ])('that is unexpected is answered with 500, which reveals nothing: %#', async (thrown) => {
    failure = thrown;
    const answer = await app.get('/cars');
    await expectProblem(answer, 'internal');
    expect(answer.body + JSON.stringify([...answer.headers])).not.toContain('hunter2');
    expect((await app.get('/healthz')).status).toBe(200);
  });

  it('is logged under the request id of the response', async () => {
    failure = new Error(SECRET);
    const answer = await app.get('/cars', { 'x-request-id': 'the-id' });
    expect(answer.status).toBe(500);
    const lines = collected.lines().filter(({ requestId }) => requestId === 'the-id');
    expect(lines).toMatchObject([
      {
        message: 'request',
        level: 'error',
        status: 500,
        problem: 'internal',
        reason: SECRET,
        stack: expect.stringContaining(SECRET),
      },
    ]);
  });
});
