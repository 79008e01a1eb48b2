/** `GET /cars.csv` and `GET /cars.ndjson`: every matching car once, in the order of id, whole or visibly cut. */

import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CarError, type CarErrorCode } from '../../src/cars/car-error.ts';
import type { Environment } from '../../src/config/reader.ts';
import { csvFormat } from '../../src/http/contract/car-formats.ts';
import { LIMITS } from '../../src/http/limits.ts';
import { aRequest, manyCars } from '../support/cars.ts';
import { failStore } from '../support/fail-store.ts';
import type { WireCar } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { ENGINES, type RunningApp, type StartOptions, startApp, useApp } from './start-app.ts';

const linesOf = (body: string): WireCar[] =>
  body
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** Asks over a connection of its own, and does not read the body. */
async function open({ port }: RunningApp, path: string, headers = {}): Promise<IncomingMessage> {
  const request = get({ port, host: '127.0.0.1', path, headers, agent: false });
  // A connection that is cut later fails the reader of the response.
  request.on('error', () => {});
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  return response;
}

async function start(options: StartOptions = {}, env: Environment = {}): Promise<RunningApp> {
  const app = await startApp(env, options);
  onTestFinished(() => app.stop());
  return app;
}

/** The header of a client behind a proxy. */
const from = (client: number) => ({ 'x-forwarded-for': `192.0.2.${client}` });

/** Fills the store with full pages and a rest. */
async function fill({ app }: RunningApp, pages = 3): Promise<void> {
  for (let page = 0; page < pages; page += 1)
    await app.database.cars.createMany(aRequest(), manyCars(LIMITS.exportPage));
  await app.database.cars.createMany(aRequest(), manyCars(7));
}

/** As {@link fill}, with the longest texts, so that the buffers of a connection hold only some of the pages. */
async function fillWide({ app }: RunningApp): Promise<void> {
  const wide = '🚗'.repeat(100);
  const rows = manyCars(LIMITS.exportPage).map((car) => ({ ...car, brand: wide, model: wide }));
  for (let page = 0; page < WIDE_PAGES; page += 1) await app.database.cars.createMany(aRequest(), rows);
}

const WIDE_PAGES = 25;

/** Counts the pages that are read. */
function countPages({ app }: RunningApp): () => number {
  const { cars } = app.database;
  const { list } = cars;
  let pages = 0;
  cars.list = (context, query) => {
    pages += 1;
    return list(context, query);
  };
  return () => pages;
}

/** Lets pages after the first fail, each so many times. Returns how often it did. */
function failLaterPages(
  { app }: RunningApp,
  times = Number.POSITIVE_INFINITY,
  code: CarErrorCode = 'unavailable',
): () => number {
  const { exportPause } = LIMITS;
  onTestFinished(() => void Object.assign(LIMITS, { exportPause }));
  Object.assign(LIMITS, { exportPause: 1 });
  const { cars } = app.database;
  const { list } = cars;
  const failures = new Map<number, number>();
  cars.list = (context, query) => {
    const after = Number(query.after?.[0]);
    const failed = failures.get(after) ?? 0;
    if (after === 0 || failed >= times) return list(context, query);
    failures.set(after, failed + 1);
    return Promise.reject(new CarError(code, { cause: new Error('gone') }));
  };
  return () => [...failures.values()].reduce((sum, count) => sum + count, 0);
}

describe.each(ENGINES)('an export from $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);
  const TRICKY = ['"', 'a,b', 'a"b', "'", ';', '=1', '-', 'a\u2028b', '🚗', 'id', 'é'];

  it('is empty while there are no cars', async () => {
    expect((await app().get('/cars.csv')).body).toBe('id,brand,model,year\r\n');
    expect((await app().get('/cars.ndjson')).body).toBe('');
  });

  it('has every car once, over many pages, and continues after an id', async () => {
    await fill(app());
    const total = 3 * LIMITS.exportPage + 7;
    const exported = linesOf((await app().get('/cars.ndjson')).body);
    expect(exported.map(({ id }) => id)).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    expect(exported.slice(0, 9)).toEqual(
      manyCars(9).map(({ brand, model, year }, index) => ({ brand, id: index + 1, model, year })),
    );
    const rest = linesOf((await app().get(`/cars.ndjson?afterId=${total - 2}`)).body);
    expect(rest).toEqual(exported.slice(-2));
    expect((await app().get(`/cars.ndjson?afterId=${total}`)).body).toBe('');
  });

  it("has the list's filters", async () => {
    const exported = linesOf((await app().get('/cars.ndjson?brand=AUDI&brand=zastava&yearMin=2002')).body);
    expect(exported.length).toBeGreaterThan(10);
    for (const { brand, year } of exported) {
      expect(['audi', 'zastava']).toContain(brand.toLowerCase());
      expect(year).toBeGreaterThanOrEqual(2002);
    }
    const total = (await app().get('/cars?brand=AUDI&brand=zastava&yearMin=2002&count=exact&limit=1'))
      .headers;
    expect(exported).toHaveLength(Number(total.get('x-total-count')));
  });

  it('is CSV that other programs read, and that comes back in as it was', async () => {
    const rows = TRICKY.map((brand) => ({ brand, model: 'M', year: 2000 }));
    const { body } = await app().post('/cars/batch', rows);
    const [[first]] = JSON.parse(body).ids;
    const csv = (await app().get(`/cars.csv?afterId=${first - 1}`)).body;
    const records = parse(csv, { columns: true }) as Record<string, string>[];
    expect(records.map(({ brand }) => brand)).toEqual(TRICKY);
    const again = JSON.parse((await app().post('/cars/batch', csv, { 'content-type': 'text/csv' })).body);
    expect(again).toMatchObject({ created: TRICKY.length, rejected: [] });
    const copy = (await app().get(`/cars.csv?afterId=${again.ids[0][0] - 1}`)).body;
    const withoutIds = (text: string) => text.replaceAll(/^\d+,/gm, '');
    expect(withoutIds(copy)).toBe(withoutIds(csv));
  });

  it("puts a ' before what a spreadsheet would run, with safe=spreadsheet", async () => {
    const texts = ['=1+1', '+1', '-1', '@SUM(A1)', '=HYPERLINK("x",\'y\')', "'x", '1=1'];
    const { body } = await app().post(
      '/cars/batch',
      texts.map((model) => ({ brand: '=a', model, year: 2000 })),
    );
    const [[first]] = JSON.parse(body).ids;
    const csv = (await app().get(`/cars.csv?safe=spreadsheet&afterId=${first - 1}`)).body;
    const records = parse(csv, { columns: true }) as Record<string, string>[];
    expect(records.map(({ brand }) => brand)).toEqual(texts.map(() => "'=a"));
    expect(records.map(({ model }) => model)).toEqual([
      ...texts.slice(0, 5).map((model) => `'${model}`),
      ...texts.slice(5),
    ]);
  });
});

it.each([
  ["x;=cmd|' /C calc'!A0;", "x;'=cmd|' /C calc'!A0;"],
  ['a; +1;b;@x', "a; '+1;b;'@x"],
  ['a\t-1', "a\t'-1"],
  ['x;"=1', 'x;"\'=1'],
  ['"=1', '"\'=1'],
  ['＝1', "'＝1"],
  ['＋1;－1;＠x', "'＋1;'－1;'＠x"],
  ['a;b-c;1=1', 'a;b-c;1=1'],
])('makes %j inert for every spreadsheet', (brand, expected) => {
  const [record] = parse(csvFormat(true).line({ id: 1, brand, model: 'a', year: 2000 })) as string[][];
  expect(record?.[1]).toBe(expected);
});

describe('the response of an export', () => {
  const app = useApp();

  it('has the header fields of a file, also for HEAD', async () => {
    const types = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson' };
    for (const [extension, type] of Object.entries(types)) {
      const path = `/cars.${extension}`;
      for (const answer of [await app().get(path), await app().head(path)]) {
        expect(answer.status).toBe(200);
        expect(Object.fromEntries(answer.headers)).toMatchObject({
          'content-type': type,
          'content-disposition': `attachment; filename="cars.${extension}"`,
          vary: expect.stringContaining('Accept-Encoding'),
          'cache-control': 'no-cache',
        });
      }
      expect((await app().head(path)).headers.has('content-length')).toBe(false);
    }
  });

  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ])('is compressed with %s if the client accepts that', async (coding, decode) => {
    await fill(app(), 1);
    const response = await open(app(), '/cars.csv', { 'accept-encoding': coding });
    expect(response.headers['content-encoding']).toBe(coding);
    const decoded = decode(Buffer.concat(await response.toArray())).toString();
    expect(decoded).toBe(await text(await open(app(), '/cars.csv')));
  });

  it.each([
    '/cars.csv?limit=3',
    '/cars.csv?sort=brand',
    '/cars.ndjson?safe=spreadsheet',
    '/cars.csv?afterId=x',
  ])('is 400 for %s', async (path) => {
    expect((await app().get(path)).status).toBe(400);
  });

  it('is 406 if Accept excludes its type, and 405 for other methods', async () => {
    await expectProblem(await app().get('/cars.csv', { accept: 'application/json' }), 'not-acceptable');
    expect((await app().post('/cars.csv', [])).status).toBe(405);
  });

  it('is logged when it ends, with its cars and bytes', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = pino(
      { messageKey: 'message' },
      { write: (line: string) => void lines.push(JSON.parse(line)) },
    );
    const own = await start({ log });
    await fill(own, 2);
    const { body } = await own.get('/cars.ndjson', { 'accept-encoding': 'identity' });
    await expect
      .poll(() => lines.at(-1))
      .toMatchObject({ route: '/cars.ndjson', status: 200, rows: 2007, bytes: Buffer.byteLength(body) });
  });
});

describe('an export that cannot be completed', () => {
  it('is 503 if the database fails before its first byte', async () => {
    const app = await start();
    failStore(app.app.database.cars, () => new CarError('unavailable'));
    await expectProblem(await app.get('/cars.csv'), 'unavailable');
    expect((await app.head('/cars.csv')).status).toBe(503);
  });

  it.each(['identity', 'gzip', 'br'])('is cut, not ended, if it fails later (%s)', async (coding) => {
    const lines: Record<string, unknown>[] = [];
    const log = pino(
      { messageKey: 'message' },
      { write: (line: string) => void lines.push(JSON.parse(line)) },
    );
    const app = await start({ log });
    await fill(app);
    failLaterPages(app);
    const read = open(app, '/cars.csv', { 'accept-encoding': coding }).then((response) => response.toArray());
    await expect(read).rejects.toThrow();
    await expect.poll(() => lines.at(-1)).toMatchObject({ route: '/cars.csv', aborted: true });
    expect((await app.get('/cars/1')).status).toBe(200);
  });

  it('is completed if each page fails three times at most', async () => {
    const app = await start();
    await fill(app);
    const failures = failLaterPages(app, 3);
    expect(linesOf((await app.get('/cars.ndjson')).body)).toHaveLength(3 * LIMITS.exportPage + 7);
    expect(failures()).toBe(9);
  });

  it.each<[CarErrorCode, number]>([
    ['unavailable', 4],
    ['storage-full', 1],
  ])('is cut after %s in %i attempts', async (code, attempts) => {
    const app = await start();
    await fill(app);
    const failures = failLaterPages(app, Number.POSITIVE_INFINITY, code);
    await expect(open(app, '/cars.ndjson').then((response) => response.toArray())).rejects.toThrow();
    expect(failures()).toBe(attempts);
  });

  it('is reset for a client of HTTP/1.0, which takes the end of the connection for the end of the file', async () => {
    const app = await start();
    await fill(app);
    failLaterPages(app);
    const socket = connect(app.port, '127.0.0.1');
    socket.write('GET /cars.csv HTTP/1.0\r\nHost: cars.example\r\n\r\n');
    socket.resume();
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  it('is reset if its client closes its half of the connection in the middle', async () => {
    const app = await start();
    await fillWide(app);
    const socket = connect({ port: app.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write('GET /cars.csv HTTP/1.0\r\nHost: cars.example\r\n\r\n');
    await once(socket, 'readable');
    socket.end();
    socket.resume();
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  it('stops reading when its client hangs up', async () => {
    const app = await start();
    await fillWide(app);
    const pages = countPages(app);
    const response = await open(app, '/cars.csv');
    response.destroy();
    let before: number;
    do {
      before = pages();
      for (let times = 0; times < 5; times += 1) await app.get('/healthz');
    } while (pages() > before);
    expect(pages()).toBeLessThan(WIDE_PAGES);
  });
});

describe('an export whose client reads too slowly', () => {
  it('is cut, even if the client takes a byte now and then, and its place is free again', async () => {
    const { stalled } = LIMITS;
    onTestFinished(() => void Object.assign(LIMITS, { stalled }));
    Object.assign(LIMITS, { stalled: 300 });
    const lines: Record<string, unknown>[] = [];
    const log = pino(
      { messageKey: 'message' },
      { write: (line: string) => void lines.push(JSON.parse(line)) },
    );
    const app = await start({ log });
    await fillWide(app);
    const response = await open(app, '/cars.csv');
    const sipping = setInterval(() => response.read(1), 20);
    onTestFinished(() => clearInterval(sipping));
    await expect
      .poll(() => lines.at(-1))
      .toMatchObject({ route: '/cars.csv', aborted: true, reason: 'the client reads too slowly' });
  });
});

describe('exports at once', () => {
  it('are limited for all: the next one gets 503, and one that ends frees its place', async () => {
    const app = await start({}, { TRUST_PROXY: '1' });
    await fillWide(app);
    const running = await Promise.all(
      Array.from({ length: LIMITS.exports }, (_, index) => open(app, '/cars.csv', from(index))),
    );
    const refused = await app.get('/cars.ndjson', from(99));
    await expectProblem(refused, 'unavailable');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await app.get('/cars?limit=1')).status).toBe(200);
    running[0]?.destroy();
    await expect.poll(async () => (await app.get('/cars.ndjson?afterId=200000')).status).toBe(200);
    for (const response of running) response.destroy();
  });

  it('are limited for each client, so that a slow one leaves places for the others', async () => {
    const app = await start({}, { TRUST_PROXY: '1' });
    await fillWide(app);
    const slow = [await open(app, '/cars.csv', from(1)), await open(app, '/cars.ndjson', from(1))];
    const refused = await app.get('/cars.ndjson', from(1));
    await expectProblem(refused, 'unavailable');
    expect(refused.body).toContain('2 exports of this client');
    expect((await app.get('/cars.ndjson?afterId=200000', from(2))).status).toBe(200);
    for (const response of slow) response.destroy();
    await expect.poll(async () => (await app.get('/cars.ndjson?afterId=200000', from(1))).status).toBe(200);
  });

  it('read no more pages than their clients take', async () => {
    const app = await start();
    await fillWide(app);
    const pages = countPages(app);
    const response = await open(app, '/cars.ndjson');
    let before: number;
    do {
      before = pages();
      for (let times = 0; times < 5; times += 1) await app.get('/healthz');
    } while (pages() > before);
    expect(pages()).toBeLessThan(WIDE_PAGES);
    expect(linesOf(await text(response))).toHaveLength(WIDE_PAGES * LIMITS.exportPage);
    expect(pages()).toBe(WIDE_PAGES);
  });
});

describe('an export while the service stops', () => {
  it('is cut even if it still waited for its first page when the others were cut', async () => {
    // So short that exports are cut at once.
    const app = await startApp({ DRAIN_SECONDS: '0', STOP_SECONDS: '1' });
    await fillWide(app);
    const running = await open(app, '/cars.csv');
    const { cars } = app.app.database;
    const { list } = cars;
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    cars.list = async (context, query) => {
      if (query.after?.[0] === 0) {
        asked.resolve();
        await gate.promise;
      }
      return list(context, query);
    };
    const reading = open(app, '/cars.ndjson').then((response) => response.toArray());
    const cut = expect(reading).rejects.toThrow();
    await asked.promise;
    const stop = app.stop();
    await expect(running.toArray()).rejects.toThrow();
    gate.resolve();
    await Promise.all([cut, stop]);
  });

  it('is cut before the stop limit, and its client continues without losing or repeating a car', async () => {
    const app = await startApp({ DRAIN_SECONDS: '0', STOP_SECONDS: '3' });
    await fillWide(app);
    const response = await open(app, '/cars.ndjson');
    const ids: number[] = [];
    let rest = '';
    const stopped = Promise.withResolvers<void>();
    const reading = (async () => {
      for await (const chunk of response.setEncoding('utf8')) {
        rest += chunk;
        const end = rest.lastIndexOf('\n') + 1;
        for (const { id } of linesOf(rest.slice(0, end))) ids.push(id);
        rest = rest.slice(end);
        // As slow as a client that would never end.
        if (ids.length > 3000) await stopped.promise;
      }
    })();
    const stop = app.app.stop().then(() => stopped.resolve());
    await Promise.all([stop, expect(reading).rejects.toThrow()]);
    expect(response.complete).toBe(false);
    expect(ids.length).toBeGreaterThan(0);
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, index) => index + 1));
  });
});
