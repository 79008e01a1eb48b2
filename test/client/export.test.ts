/** The client exports cars: complete, in order, and continued after a cut. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CarsClient, createCarsClient } from '../../client/src/index.ts';
import { useApp } from '../http/start-app.ts';
import { failureOf } from './failure.ts';
import { type Fault, type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';

const ROWS = 5000;

const app = useApp();
let proxy: FaultyProxy;
let cars: CarsClient;
/** Every car, read page by page. */
let expected: unknown[];

beforeAll(async () => {
  proxy = await startFaultyProxy(app().origin);
  cars = createCarsClient({ url: proxy.url });
  const rows = Array.from({ length: ROWS }, (_, n) => ({
    brand: n % 2 ? 'Škoda, "odd"' : '=Even',
    model: `Modèle ${n}`,
    year: 1900 + (n % 200),
  }));
  await Array.fromAsync(cars.createMany(rows));
  expected = await Array.fromAsync(cars.list());
});
afterAll(() => proxy.close());

async function textOf(text: AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(text)).join('');
}

describe('an export', () => {
  it('has every car once, in the order of id', async () => {
    proxy.plan();
    const all = await Array.fromAsync(cars.export());
    expect(all).toHaveLength(ROWS);
    expect(all).toEqual(expected);
    expect(proxy.requests()).toHaveLength(1);
  });

  it('has only the cars that match', async () => {
    const all = await Array.fromAsync(cars.export({ q: 'šk', yearMin: 2000 }));
    expect(all.length).toBeGreaterThan(0);
    expect(all).toEqual(await Array.fromAsync(cars.list({ q: 'šk', yearMin: 2000 })));
  });

  it.each<{ what: string; fault: Fault }>([
    { what: '503', fault: { status: 503, headers: { 'retry-after': '0' } } },
    { what: 'a cut before the first byte', fault: { cutAt: 0 } },
    { what: 'a cut within the first line', fault: { cutAt: 5 } },
    { what: 'a cut in the middle', fault: { cutAt: 3000 } },
  ])('continues after $what', async ({ fault }) => {
    proxy.plan(fault, fault);
    expect(await Array.fromAsync(cars.export())).toEqual(expected);
    expect(proxy.requests()).toHaveLength(3);
  });

  it('continues when nothing arrives any more', async () => {
    const hasty = createCarsClient({ url: proxy.url, timeout: 3000 });
    proxy.plan({ stallAt: 3000 });
    expect(await Array.fromAsync(hasty.export())).toEqual(expected);
    expect(proxy.requests().length).toBeGreaterThan(1);
  });

  it('fails if the connection breaks again and again without a car', async () => {
    const hasty = createCarsClient({ url: proxy.url, retryFor: 300 });
    proxy.plan(...Array.from({ length: 20 }, (): Fault => ({ cutAt: 3 })));
    expect(await failureOf(Array.fromAsync(hasty.export()))).toMatchObject({ name: 'ConnectionError' });
  });

  it('fails at once if the service rejects it', async () => {
    proxy.plan();
    expect(await failureOf(Array.fromAsync(cars.export({ year: 1 })))).toMatchObject({ status: 400 });
    expect(proxy.requests()).toHaveLength(1);
  });

  it('stops when nobody reads on, and when it is aborted', async () => {
    const first = cars.export();
    expect(await first.next()).toMatchObject({ value: expected[0] });
    expect(await first.return(undefined)).toMatchObject({ done: true });

    const controller = new AbortController();
    const second = cars.export({}, { signal: controller.signal });
    expect(await second.next()).toMatchObject({ value: expected[0] });
    controller.abort('enough');
    expect(await failureOf(Array.fromAsync(second))).toBe('enough');
  });
});

describe('the text of an export', () => {
  it.each(['csv', 'ndjson'] as const)('is what the service sends, also after cuts: %s', async (format) => {
    const file = await app().get(`/cars.${format}`);
    proxy.plan({ cutAt: 4 }, { cutAt: 3000 }, { cutAt: 4 }, { cutAt: 3000 });
    expect(await textOf(cars.exportText({}, { format }))).toBe(file.body);
    expect(proxy.requests()).toHaveLength(5);
  });

  it.each([undefined, 1000])(
    'continues after a cut at the end of the header (afterId=%j)',
    async (afterId) => {
      const uncompressed = createCarsClient({
        url: proxy.url,
        fetch(request) {
          request.headers.set('accept-encoding', 'identity');
          return fetch(request);
        },
      });
      const options = { format: 'csv', ...(afterId !== undefined && { afterId }) } as const;
      const whole = await textOf(cars.exportText({}, options));
      proxy.plan({ cutAt: 'id,brand,model,year\r\n1'.length });
      expect(await textOf(uncompressed.exportText({}, options))).toBe(whole);
      expect(proxy.requests()).toHaveLength(2);
    },
  );

  it('can be continued after a car, without a second header', async () => {
    const all = await textOf(cars.exportText({}, { format: 'csv' }));
    const afterId = 1000;
    const rest = await textOf(cars.exportText({}, { format: 'csv', afterId }));
    expect(rest.startsWith('1001,')).toBe(true);
    expect(all.endsWith(rest)).toBe(true);
    proxy.plan({ cutAt: 4 });
    expect(await textOf(cars.exportText({}, { format: 'csv', afterId }))).toBe(rest);
  });

  it('can be made safe for spreadsheets', async () => {
    const text = await textOf(cars.exportText({}, { format: 'csv', safe: 'spreadsheet' }));
    expect(text).toContain(",'=Even,");
  });
});
