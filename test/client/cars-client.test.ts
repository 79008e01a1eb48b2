/** The client against a running service: cars one by one, and pages of them. */

import { beforeAll, describe, expect, it } from 'vitest';
import { type CarsClient, ConflictError, createCarsClient, ProblemError } from '../../client/src/index.ts';
import { useApp } from '../http/start-app.ts';
import { failureOf } from './failure.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };

const app = useApp();
let cars: CarsClient;

beforeAll(() => {
  cars = createCarsClient({ url: app().origin });
});

describe('a car', () => {
  it('is created, read, changed, replaced and deleted', async () => {
    const golf = await cars.create(GOLF);
    expect(golf).toEqual({ ...GOLF, id: expect.any(Number), etag: '"1"' });
    expect(await cars.get(golf.id)).toEqual(golf);

    const newer = await cars.update(golf.id, { year: 2020 });
    expect(newer).toEqual({ ...golf, year: 2020, etag: '"2"' });
    const polo = await cars.replace(golf.id, { brand: 'Volkswagen', model: 'Polo', year: 2020 });
    expect(polo).toMatchObject({ model: 'Polo', etag: '"3"' });

    await cars.delete(golf.id, { ifMatch: polo.etag });
    expect(await failureOf(cars.get(golf.id))).toMatchObject({ code: 'car-not-found', status: 404 });
    const changes = await Array.fromAsync(cars.history(golf.id));
    expect(changes.map(({ change }) => change)).toEqual(['deleted', 'updated', 'updated', 'created']);
  });

  it('can be sent back as it was read', async () => {
    const golf = await cars.create(GOLF);
    const replaced = await cars.replace(golf.id, { ...golf, year: 2021 }, { ifMatch: golf.etag });
    const updated = await cars.update(golf.id, { ...replaced, year: 2022 }, { ifMatch: replaced.etag });
    expect(updated).toEqual({ ...golf, year: 2022, etag: '"3"' });
  });

  it('is created once with the same Idempotency-Key', async () => {
    const options = { idempotencyKey: 'one golf' };
    const first = await cars.create(GOLF, options);
    expect(await cars.create(GOLF, options)).toEqual(first);
    expect((await cars.create(GOLF)).id).not.toBe(first.id);
  });
});

describe('a conflict', () => {
  it.each(['update', 'replace', 'delete'] as const)('carries the current car: %s', async (method) => {
    const golf = await cars.create(GOLF);
    const other = await cars.update(golf.id, { year: 1999 });
    const change = { ...GOLF, year: 2000 };
    const stale = { ifMatch: golf.etag };
    const error = await failureOf(
      method === 'delete' ? cars.delete(golf.id, stale) : cars[method](golf.id, change, stale),
    );
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({ code: 'version-mismatch', status: 412, current: other });
    expect(await cars.get(golf.id)).toEqual(other);
  });
});

it('throws an error that holds the problem document', async () => {
  const error = await failureOf(cars.create({ ...GOLF, year: 1700 }));
  expect(error).toBeInstanceOf(ProblemError);
  expect(error).toMatchObject({
    name: 'ProblemError',
    code: 'invalid-car',
    status: 422,
    message: expect.stringMatching(/year.* \(422\)$/),
    problem: { type: '/docs/problems/invalid-car', errors: [{ pointer: '/year' }] },
    requestId: expect.stringMatching(/./),
    retryAfter: undefined,
  });
});

describe('a list', () => {
  const BRAND = 'Listed & Sorted';

  beforeAll(async () => {
    for (const year of [2001, 2003, 2002]) await cars.create({ brand: BRAND, model: `M${year}`, year });
  });

  const years = async (...[query]: Parameters<CarsClient['list']>) =>
    (await Array.fromAsync(cars.list({ brand: BRAND, ...query }))).map(({ year }) => year);

  it('has all pages, in the order that was asked for', async () => {
    expect(await years()).toEqual([2001, 2003, 2002]);
    expect(await years({ limit: 1, sort: ['-year', 'brand'] })).toEqual([2003, 2002, 2001]);
    expect(await years({ limit: 2, yearMin: 2002 })).toEqual([2003, 2002]);
    expect(await years({ brand: 'no such brand' })).toEqual([]);
    expect(await years({ brand: [BRAND, 'no such brand'], year: [2001, 2002], q: 'm2' })).toEqual([
      2001, 2002,
    ]);
  });

  it('can be read page by page, with the number of all cars', async () => {
    const query = { brand: BRAND, limit: 2, count: 'exact' } as const;
    const first = await cars.page(query);
    expect(first).toMatchObject({ cars: [{ year: 2001 }, { year: 2003 }], total: 3 });
    const { next: cursor = '' } = first;
    expect(await cars.page({ ...query, cursor })).toMatchObject({ cars: [{ year: 2002 }], next: undefined });
  });

  it('reads no page that nobody asks for', async () => {
    const list = cars.list({ brand: BRAND, limit: 1 });
    expect(await list.next()).toMatchObject({ value: { year: 2001 } });
    expect(await list.return(undefined)).toMatchObject({ done: true });
  });

  it('fails for a filter that the service does not know', async () => {
    // @ts-expect-error There is no such filter.
    const error = await failureOf(cars.list({ colour: 'red' }).next());
    expect(error).toMatchObject({ code: 'invalid-parameter' });
  });
});
