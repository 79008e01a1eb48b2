/** The client creates many cars: batches, retries, rejected rows, and runs that are repeated. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BatchReport,
  type CarsClient,
  CsvError,
  createCarsClient,
  splitCsv,
} from '../../client/src/index.ts';
import { useApp } from '../http/start-app.ts';
import { failureOf } from './failure.ts';
import { type Fault, type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';

const app = useApp();
let proxy: FaultyProxy;
let cars: CarsClient;

beforeAll(async () => {
  proxy = await startFaultyProxy(app().origin);
  cars = createCarsClient({ url: proxy.url });
});
afterAll(() => proxy.close());

function* rowsOf(brand: string, count: number) {
  for (let year = 1900; year < 1900 + count; year += 1) yield { brand, model: `M${year}`, year };
}

/** A text in parts that are cut at any place, also within a character. */
async function* inParts(text: string, length: number) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

const list = (brand: string) => Array.fromAsync(cars.list({ brand }));
const count = async (brand: string) => (await list(brand)).length;

const sum = (reports: readonly BatchReport<unknown>[]) =>
  reports.reduce((total, { created }) => total + created, 0);

describe('rows', () => {
  it('are created in batches, and each batch is reported in order', async () => {
    proxy.plan();
    const reports = await Array.fromAsync(cars.createMany(rowsOf('Many', 25), { batchSize: 10 }));
    expect(reports.map(({ batch, rows, created }) => [batch, rows, created])).toEqual([
      [0, 10, 10],
      [1, 10, 10],
      [2, 5, 5],
    ]);
    expect(proxy.requests()).toHaveLength(3);
    const [[first = 0, last = 0] = []] = reports[0]?.ids ?? [];
    expect(last - first).toBe(9);
    expect(await cars.get(first)).toMatchObject({ brand: 'Many', model: 'M1900' });
    expect(await count('Many')).toBe(25);
  });

  it('can come from an asynchronous source, and be none', async () => {
    async function* source() {
      yield* rowsOf('Asynchronous', 3);
    }
    expect(await Array.fromAsync(cars.createMany(source()))).toMatchObject([{ created: 3 }]);
    expect(await Array.fromAsync(cars.createMany([]))).toEqual([]);
  });

  it('that are rejected are returned with their number and the problem', async () => {
    const rows = [...rowsOf('Some', 3), { brand: 'Some', model: 'Old', year: 'MCM' }, ...rowsOf('Some', 1)];
    const reports = await Array.fromAsync(cars.createMany(rows, { batchSize: 2 }));
    expect(reports.map(({ created }) => created)).toEqual([2, 1, 1]);
    expect(reports.flatMap(({ rejected }) => rejected)).toEqual([
      {
        line: 4,
        row: rows[3],
        problem: expect.objectContaining({
          type: '/docs/problems/invalid-car',
          errors: [expect.objectContaining({ pointer: '/year' })],
        }),
      },
    ]);
  });

  it('with other members are rejected, unless these are ignored', async () => {
    const rows = [{ brand: 'Extra', model: 'M', year: 2018, colour: 'red' }];
    expect(await Array.fromAsync(cars.createMany(rows))).toMatchObject([{ created: 0 }]);
    const options = { ignoreExtra: true };
    expect(await Array.fromAsync(cars.createMany(rows, options))).toMatchObject([{ created: 1 }]);
  });

  it('are only validated in a dry run', async () => {
    const rows = [...rowsOf('Dry', 2), { brand: 'Dry', model: '', year: 2018 }];
    const [report] = await Array.fromAsync(cars.createMany(rows, { dryRun: true }));
    expect(report).toMatchObject({ rows: 3, created: 0, rejected: [{ line: 3 }] });
    expect(await count('Dry')).toBe(0);
  });

  it('are all or none created in an atomic batch', async () => {
    const rows = [...rowsOf('Atomic', 2), { brand: 'Atomic', model: '', year: 2018 }];
    const error = await failureOf(Array.fromAsync(cars.createMany(rows, { atomic: true })));
    expect(error).toMatchObject({ status: 422, problem: { rejected: [{ line: 3 }] } });
    expect(await count('Atomic')).toBe(0);
  });

  it('that are long make smaller batches', async () => {
    const long = '🚗'.repeat(100);
    const rows = Array.from({ length: 1000 }, (_, year) => ({
      brand: 'Long',
      model: long,
      year: 1900,
      extra: `${long}${year}`,
    }));
    const reports = await Array.fromAsync(cars.createMany(rows, { ignoreExtra: true }));
    expect(reports.length).toBeGreaterThan(1);
    expect(sum(reports)).toBe(1000);
  });
});

describe('a batch is created once', () => {
  it.each<{ what: string; fault: Fault }>([
    { what: 'after 429', fault: { status: 429, headers: { 'retry-after': '0' } } },
    { what: 'after 503', fault: { status: 503, headers: { 'retry-after': '0' } } },
    { what: 'after a cut before the service', fault: 'cut-before' },
    { what: 'after a cut before the answer', fault: 'cut-after' },
    { what: 'after a cut in the answer', fault: { cutAt: 5 } },
  ])('$what', async ({ what, fault }) => {
    proxy.plan(fault, 'pass', fault);
    const reports = await Array.fromAsync(cars.createMany(rowsOf(what, 30), { batchSize: 10 }));
    expect(sum(reports)).toBe(30);
    expect(proxy.requests()).toHaveLength(5);
    expect(await count(what)).toBe(30);
  });

  it('when rows are sent again under the same name', async () => {
    const send = () =>
      Array.fromAsync(cars.createMany(rowsOf('Again', 30), { batchSize: 10, name: 'the same é' }));
    const first = await send();
    const second = await send();
    expect(first.map(({ replayed }) => replayed)).toEqual([false, false, false]);
    expect(second).toEqual(first.map((report) => ({ ...report, replayed: true })));
    expect(await count('Again')).toBe(30);
  });

  it.each([
    { what: 'very long', name: 'a'.repeat(10_000) },
    { what: 'long when encoded', name: 'ü'.repeat(200) },
    { what: 'not whole', name: 'half a car: \ud83d' },
  ])('under a name that is $what', async ({ what, name }) => {
    const send = (run: string) =>
      Array.fromAsync(cars.createMany(rowsOf(what, 30), { batchSize: 10, name: run }));
    expect(sum(await send(name))).toBe(30);
    expect(await send(name)).toMatchObject([{ replayed: true }, { replayed: true }, { replayed: true }]);
    expect(await send(`${name}b`)).toMatchObject([
      { replayed: false },
      { replayed: false },
      { replayed: false },
    ]);
    expect(await count(what)).toBe(60);
  });

  it('and never under a name that other rows have used', async () => {
    await Array.fromAsync(cars.createMany(rowsOf('Used', 3), { name: 'used' }));
    const error = await failureOf(Array.fromAsync(cars.createMany(rowsOf('Used', 4), { name: 'used' })));
    expect(error).toMatchObject({ status: 422, code: 'idempotency-key-reused' });
  });
});

it('waits with all batches as long as Retry-After of one of them says', async () => {
  proxy.plan({ status: 429, headers: { 'retry-after': '1' } });
  const many = cars.createMany(rowsOf('Waiting', 40), { batchSize: 10, concurrency: 1 });
  expect(sum(await Array.fromAsync(many))).toBe(40);
  const [first = 0, ...others] = proxy.requests().map(({ time }) => time);
  expect(Math.min(...others) - first).toBeGreaterThanOrEqual(1000);
});

it('sends no more batches at a time than it may', async () => {
  proxy.plan('hang', 'hang');
  const many = createCarsClient({ url: proxy.url, timeout: 1000 }).createMany(rowsOf('Few', 50), {
    batchSize: 10,
    concurrency: 2,
  });
  const first = many.next();
  while (proxy.requests().length < 2) await proxy.arrival();
  expect(proxy.requests()).toHaveLength(2);
  expect(await first).toMatchObject({ value: { batch: 0, created: 10 } });
  // To the end: a batch that is under way would take the place of a later test's request.
  expect(sum(await Array.fromAsync(many))).toBe(40);
});

it('stops at the first batch that fails, and sends no more', async () => {
  proxy.plan('pass', { status: 500 });
  const options = { batchSize: 10, concurrency: 1 };
  const many = cars.createMany(rowsOf('Stopped', 50), options);
  expect(await many.next()).toMatchObject({ value: { created: 10 } });
  expect(await failureOf(many.next())).toMatchObject({ status: 500 });
  expect(await many.next()).toMatchObject({ done: true });
  expect(proxy.requests()).toHaveLength(2);
});

it('is stopped by its signal', async () => {
  const controller = new AbortController();
  proxy.plan('hang');
  const arrival = proxy.arrival();
  const many = failureOf(
    Array.fromAsync(cars.createMany(rowsOf('Signal', 50), { signal: controller.signal, concurrency: 1 })),
  );
  await arrival;
  controller.abort('enough');
  expect(await many).toBe('enough');
});

describe('a CSV text', () => {
  const TEXT =
    '\uFEFFModel;BRAND;year\r\n\r\n"a; ""b""";Ünï;2001\r"two\r\nlines";Ünï;2002\n;;\nc;Ünï;1700\r\nd;Ünï;"2003"';

  it.each([1, 2, 3, 7, 1000])('is read in parts of %i bytes', async (length) => {
    const name = `parts of ${length}`;
    const text = TEXT.replaceAll('Ünï', `Ünï ${length}`);
    const reports = await Array.fromAsync(
      cars.createManyFromCsv(inParts(text, length), { name, batchSize: 2 }),
    );
    expect(sum(reports)).toBe(2);
    expect(reports.flatMap(({ rejected }) => rejected)).toMatchObject([
      { line: 4, row: `"two\r\nlines";Ünï ${length};2002`, problem: { errors: [{ pointer: '/model' }] } },
      { line: 7, row: `c;Ünï ${length};1700`, problem: { errors: [{ pointer: '/year' }] } },
    ]);
    const models = (await list(`Ünï ${length}`)).map(({ model }) => model);
    expect(models.sort()).toEqual(['a; "b"', 'd']);
  });

  it.each([
    {
      what: 'a quote that is never closed',
      text: 'brand,model,year\nKia,Rio,2018\nKia,"Rio,2018\n',
      line: 3,
    },
    { what: 'text after a closing quote', text: 'brand,model,year\n\nKia,"Rio"x,2018\n', line: 3 },
    { what: 'a quote within a value', text: 'brand,model,year\nKia,"a\nb",2018\nKia,5"",2018\n', line: 4 },
    { what: 'a record without end', text: `brand,model,year\nKia,"${'\n'.repeat(70_000)}`, line: 2 },
  ])('fails with its line for $what', async ({ text, line }) => {
    const records = Array.fromAsync(splitCsv(inParts(text, 1000)));
    const error = await failureOf(records);
    expect(error).toBeInstanceOf(CsvError);
    expect(error).toMatchObject({ line, message: expect.stringContaining(`line ${line}: `) });
  });

  it('fails if it is not UTF-8', async () => {
    const latin = [Buffer.from('brand,model,year\nCitroën,C3,2018\n', 'latin1')];
    const error = await failureOf(Array.fromAsync(cars.createManyFromCsv(latin.values() as never)));
    expect(error).toMatchObject({ name: 'CsvError', message: 'the text is not UTF-8' });
  });

  it('fails with the error of its source', async () => {
    async function* source() {
      yield Buffer.from('brand,model,year\n');
      // As `fetch` throws it for a body that is cut.
      throw new TypeError('terminated');
    }
    expect(await failureOf(Array.fromAsync(splitCsv(source())))).toEqual(new TypeError('terminated'));
    const cut = [Buffer.from('brand,model,year\nCitro'), Buffer.from([0xc3])];
    expect(await failureOf(Array.fromAsync(splitCsv(cut.values() as never)))).toBeInstanceOf(CsvError);
  });

  it('can lack rows, and everything', async () => {
    for (const text of ['', '\n', 'brand,model,year', 'brand,model,year\r\n'])
      expect(await Array.fromAsync(cars.createManyFromCsv(inParts(text, 9)))).toEqual([]);
  });

  it('fails if its header lacks a column', async () => {
    const error = await failureOf(
      Array.fromAsync(cars.createManyFromCsv(inParts('brand,model\nKia,Rio\n', 9))),
    );
    expect(error).toMatchObject({ code: 'invalid-batch', message: expect.stringContaining('year') });
  });
});
