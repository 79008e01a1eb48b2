/** The Idempotency-Key: a POST that is repeated creates one car, and gets its first answer again. */

import { beforeEach, describe, expect, it } from 'vitest';
import { carOf, carsOf, lastingHeaders } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { ENGINES, startApp, useApp } from './start-app.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
let key = '';
let keys = 0;

beforeEach(() => {
  keys += 1;
  key = `key ${keys}`;
});

describe.each(ENGINES)('POST /cars with an Idempotency-Key on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);

  const post = (body: object | string = GOLF) => app().post('/cars', body, { 'idempotency-key': key });
  const count = async () => Number((await app().get('/cars?count=exact')).headers.get('x-total-count'));

  it('returns the same response again, marked as a replay', async () => {
    const before = await count();
    const first = await post();
    const second = await post();
    expect([first.status, first.headers.has('idempotency-replayed')]).toEqual([201, false]);
    expect([second.status, second.body]).toEqual([201, first.body]);
    expect(lastingHeaders(second)).toEqual({ ...lastingHeaders(first), 'idempotency-replayed': 'true' });
    expect(second.headers.get('location')).toBe(`/cars/${carOf(first).id}`);
    expect(second.headers.get('etag')).toBe('"1"');
    expect(await count()).toBe(before + 1);
  });

  it('returns the same response even if the car was changed since', async () => {
    const first = await post();
    const path = String(first.headers.get('location'));
    await app().patch(path, { year: 2022 });
    const second = await post();
    expect([second.status, second.body, second.headers.get('etag')]).toEqual([201, first.body, '"1"']);
    expect(carOf(await app().get(path)).year).toBe(2022);
  });

  it('returns the same response even if the car was deleted since, and does not create it again', async () => {
    const first = await post();
    const path = String(first.headers.get('location'));
    await app().delete(path);
    const second = await post();
    expect([second.status, second.body, second.headers.get('location')]).toEqual([201, first.body, path]);
    expect((await app().get(path)).status).toBe(404);
  });

  it.each([
    ['another member', { ...GOLF, year: 2019 }],
    ['a text in another letter case', { ...GOLF, brand: 'VOLKSWAGEN' }],
  ])('answers 422 to the same key with %s, and creates nothing', async (_, other) => {
    const first = await post();
    const before = await count();
    await expectProblem(await post(other), 'idempotency-key-reused');
    expect(await count()).toBe(before);
    expect((await post()).body).toBe(first.body);
  });

  it.each([
    ['in another order', '{"year":2018,"model":"Golf","brand":"Volkswagen"}'],
    ['with other blanks', '{ "brand" : "Volkswagen",\n"model" : "Golf", "year" : 2018 }'],
    ['with 2018.0 for 2018', '{"brand":"Volkswagen","model":"Golf","year":2018.0}'],
    ['with escapes', '{"brand":"\\u0056olkswagen","model":"Golf","year":2018}'],
    ['with blanks around its texts', '{"brand":" Volkswagen","model":"Golf ","year":2018}'],
  ])('treats a body %s as the same', async (_, body) => {
    const first = await post();
    const second = await post(body);
    expect([second.status, second.body]).toEqual([201, first.body]);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  it('stores only a 201: after another response the key stays free', async () => {
    await expectProblem(await post({ ...GOLF, year: 1 }), 'invalid-car', [{ pointer: '/year' }]);
    const answer = await post();
    expect([answer.status, answer.headers.has('idempotency-replayed')]).toEqual([201, false]);
  });

  it('keeps keys apart that differ in case or a blank', async () => {
    const before = await count();
    for (const other of ['Key', 'key', 'ke y', 'k', 'k'.repeat(255), 'k'.repeat(254)]) {
      key = other;
      expect((await post()).headers.has('idempotency-replayed')).toBe(false);
    }
    expect(await count()).toBe(before + 6);
  });

  it('creates one car for 20 concurrent requests', async () => {
    const before = await count();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post()));
    const created = answers.filter(({ status }) => status === 201);
    // A twin that waited longer than a second for the first one gets 409 instead.
    const busy = answers.filter(({ status }) => status === 409);
    for (const answer of busy) {
      await expectProblem(answer, 'idempotency-key-busy');
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    }
    expect(created.length + busy.length).toBe(20);
    expect(new Set(created.map(({ body }) => body)).size).toBe(1);
    expect(created.filter(({ headers }) => !headers.has('idempotency-replayed'))).toHaveLength(1);
    expect(await count()).toBe(before + 1);
  });

  it('is optional: each POST without a key creates a car', async () => {
    const before = await count();
    await Promise.all([app().post('/cars', GOLF), app().post('/cars', GOLF)]);
    expect(await count()).toBe(before + 2);
  });

  it('is ignored by other methods', async () => {
    const path = String((await post()).headers.get('location'));
    const headers = { 'idempotency-key': key };
    expect((await app().put(path, { ...GOLF, year: 2000 }, headers)).status).toBe(200);
    expect((await app().delete(path, headers)).status).toBe(204);
    expect((await app().delete(path, headers)).status).toBe(404);
  });
});

describe('two instances of the service on one MySQL database', () => {
  const mysql = ENGINES.find(({ engine }) => engine === 'MySQL');

  it("create one car for concurrent requests to both, and replay each other's response", async () => {
    const database = await mysql?.createDatabase();
    const env = { DATABASE_URL: database?.url };
    const apps = [await startApp(env), await startApp(env)];
    const calls = Array.from({ length: 20 }, (_, index) =>
      apps[index % 2]?.post('/cars', GOLF, { 'idempotency-key': key }),
    );
    const statuses = (await Promise.all(calls)).map((answer) => answer?.status);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    for (const app of apps) {
      expect(carsOf(await app.get('/cars'))).toHaveLength(1);
      const again = await app.post('/cars', GOLF, { 'idempotency-key': key });
      expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
      await app.stop();
    }
    await database?.drop();
  });
});
