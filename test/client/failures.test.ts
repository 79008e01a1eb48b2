/** The client when requests fail: what it repeats, what it does not, and how it is stopped. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CarsClient, ConnectionError, createCarsClient } from '../../client/src/index.ts';
import { findFreePort } from '../../tools/free-port.ts';
import { useApp } from '../http/start-app.ts';
import { failureOf } from './failure.ts';
import { type Fault, type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
const NOT_APPLIED: Fault = { status: 503, headers: { 'retry-after': '0' } };
const TOO_MANY: Fault = { status: 429, headers: { 'retry-after': '0' } };
const UNKNOWN: Fault = { status: 503 };

const app = useApp();
let proxy: FaultyProxy;
let cars: CarsClient;

beforeAll(async () => {
  proxy = await startFaultyProxy(app().origin);
  cars = createCarsClient({ url: proxy.url });
});
afterAll(() => proxy.close());

/** Requests that were answered with the faults, then passed. */
const attempts = () => proxy.requests().length;

describe('a car is created once', () => {
  it.each<{ what: string; fault: Fault }>([
    { what: 'after 503', fault: NOT_APPLIED },
    { what: 'after 429', fault: TOO_MANY },
    { what: 'after 409 with Retry-After', fault: { ...NOT_APPLIED, status: 409 } },
    { what: 'after 503 without Retry-After', fault: UNKNOWN },
    { what: 'after 502 of a gateway', fault: { status: 502, body: '<html>' } },
    { what: 'when the connection breaks before the service receives the request', fault: 'cut-before' },
    { what: 'when the connection breaks before the answer', fault: 'cut-after' },
    { what: 'when the connection breaks in the answer', fault: { cutAt: 5 } },
  ])('$what', async ({ what, fault }) => {
    proxy.plan(fault, fault);
    const golf = await cars.create({ ...GOLF, brand: what });
    expect(golf).toMatchObject({ brand: what, etag: '"1"' });
    expect(new Set(proxy.requests().map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    expect(attempts()).toBe(3);
    expect((await cars.page({ brand: what })).cars).toHaveLength(1);
  });
});

describe('a request that reads', () => {
  it.each<Fault>([NOT_APPLIED, TOO_MANY, UNKNOWN, 'cut-before', 'cut-after', { cutAt: 5 }])(
    'is repeated after %j',
    async (fault) => {
      const { id } = await cars.create(GOLF);
      proxy.plan(fault);
      expect(await cars.get(id)).toMatchObject(GOLF);
      expect(attempts()).toBe(2);
    },
  );
});

describe('a change', () => {
  it.each([NOT_APPLIED, TOO_MANY])('is repeated after %j, because nothing was applied', async (fault) => {
    const { id } = await cars.create(GOLF);
    proxy.plan(fault);
    expect(await cars.update(id, { year: 2020 })).toMatchObject({ year: 2020, etag: '"2"' });
    expect(attempts()).toBe(2);
  });

  it.each<Fault>(['cut-before', 'cut-after', { cutAt: 5 }])(
    'is not repeated after %j, because it may have been applied',
    async (fault) => {
      const { id } = await cars.create(GOLF);
      proxy.plan(fault);
      expect(await failureOf(cars.update(id, { year: 2020 }))).toBeInstanceOf(ConnectionError);
      expect(attempts()).toBe(1);
    },
  );

  it('is not repeated if the service does not know its outcome', async () => {
    const { id } = await cars.create(GOLF);
    proxy.plan(UNKNOWN);
    expect(await failureOf(cars.delete(id))).toMatchObject({ status: 503, code: 'about:blank' });
    expect(attempts()).toBe(1);
  });
});

describe('a repetition', () => {
  it('waits as long as Retry-After says', async () => {
    proxy.plan({ status: 503, headers: { 'retry-after': '1' } });
    await cars.page();
    const [first, second] = proxy.requests().map(({ time }) => time);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  it('understands a date in Retry-After', async () => {
    proxy.plan({ status: 503, headers: { 'retry-after': new Date(0).toUTCString() } });
    await cars.page();
    expect(attempts()).toBe(2);
  });

  it('ends when Retry-After is longer than retryFor', async () => {
    const hasty = createCarsClient({ url: proxy.url, retryFor: 1000 });
    proxy.plan({ status: 429, headers: { 'retry-after': '60' } });
    expect(await failureOf(hasty.page())).toMatchObject({ status: 429, retryAfter: 60 });
    expect(attempts()).toBe(1);
  });

  it('ends when retryFor has passed', async () => {
    const hasty = createCarsClient({ url: `http://127.0.0.1:${await findFreePort()}`, retryFor: 400 });
    const error = await failureOf(hasty.create(GOLF));
    expect(error).toMatchObject({
      name: 'ConnectionError',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('starts when there is no answer within the timeout', async () => {
    const hasty = createCarsClient({ url: proxy.url, timeout: 1000 });
    proxy.plan('hang');
    await hasty.page();
    expect(attempts()).toBeGreaterThan(1);
  });
});

describe('an error response that never ends', () => {
  const body = JSON.stringify({ type: '/docs/problems/no', detail: 'x'.repeat(64 * 1024) });
  const calls = [
    {
      what: 'a car',
      call: (client: CarsClient, signal?: AbortSignal) => client.get(1, signal && { signal }),
    },
    {
      what: 'an export',
      call: (client: CarsClient, signal?: AbortSignal) =>
        Array.fromAsync(client.export({}, signal && { signal })),
    },
  ];
  const stalled: Fault = { status: 503, body, endless: 'stalled' };

  it.each(calls)('is given up after the timeout: $what', async ({ call }) => {
    const hasty = createCarsClient({ url: proxy.url, timeout: 300, retryFor: 1 });
    proxy.plan(stalled);
    expect(await failureOf(call(hasty))).toMatchObject({
      name: 'ConnectionError',
      message: expect.stringContaining('no answer for 300 ms'),
    });
  });

  it.each(calls)('ends when the request is aborted: $what', async ({ call }) => {
    const controller = new AbortController();
    proxy.plan(stalled);
    const arrival = proxy.arrival();
    const ended = failureOf(call(cars, controller.signal));
    await arrival;
    await sleep(100);
    controller.abort('enough');
    expect(await ended).toBe('enough');
  });

  it.each(calls)('does not fill the memory: $what', async ({ call }) => {
    const hasty = createCarsClient({ url: proxy.url, retryFor: 1 });
    proxy.plan({ status: 503, body, endless: 'repeated' });
    expect(await failureOf(call(hasty))).toMatchObject({
      name: 'ConnectionError',
      message: expect.stringContaining('too long'),
    });
  });
});

it('throws an error of its own for an answer that is not a problem document', async () => {
  proxy.plan({ status: 418, body: '<html>' });
  expect(await failureOf(cars.page())).toMatchObject({
    status: 418,
    code: 'about:blank',
    problem: { type: 'about:blank', title: "I'm a Teapot" },
  });
});

describe('an abort', () => {
  it.each<{ what: string; fault: Fault }>([
    { what: 'a request in flight', fault: 'hang' },
    { what: 'a wait', fault: { status: 503, headers: { 'retry-after': '20' } } },
  ])('ends $what with its reason', async ({ fault }) => {
    const controller = new AbortController();
    proxy.plan(fault);
    const arrival = proxy.arrival();
    const creation = failureOf(cars.create(GOLF, { signal: controller.signal }));
    await arrival;
    controller.abort('enough');
    expect(await creation).toBe('enough');
    expect(attempts()).toBe(1);
  });

  it('that came before keeps a request from being sent', async () => {
    proxy.plan();
    expect(await failureOf(cars.page({}, { signal: AbortSignal.abort('before') }))).toBe('before');
    expect(attempts()).toBe(0);
  });

  it('ends a list between two pages', async () => {
    for (const model of ['One', 'Two']) await cars.create({ ...GOLF, brand: 'Aborted', model });
    const controller = new AbortController();
    const list = cars.list({ brand: 'Aborted', limit: 1 }, { signal: controller.signal });
    expect(await list.next()).toMatchObject({ value: { model: 'One' } });
    controller.abort('enough');
    expect(await failureOf(list.next())).toBe('enough');
  });
});
