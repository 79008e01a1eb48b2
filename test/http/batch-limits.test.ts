/** What keeps batches from harming others: limits on rows and on batches at once, scopes, and failures. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CarError, type CarErrorCode } from '../../src/cars/car-error.ts';
import type { Environment } from '../../src/config/reader.ts';
import { readRows } from '../../src/http/contract/batch-rows.ts';
import { LIMITS } from '../../src/http/limits.ts';
import { failStore } from '../support/fail-store.ts';
import { giveKey } from '../support/give-key.ts';
import { type Answer, parseBody } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { rawHead } from './raw-request.ts';
import { type RunningApp, type StartOptions, startApp } from './start-app.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
const rows = (count: number) => Array.from({ length: count }, () => GOLF);

async function start(env: Environment = {}, options: StartOptions = {}): Promise<RunningApp> {
  const app = await startApp(env, options);
  onTestFinished(() => app.stop());
  return app;
}

/** What a header field lists of each limit. */
const limits = ({ headers }: Answer, field: string) => (headers.get(field) ?? '').split(', ');

describe('the budget of rows', () => {
  const ROWS = { RATE_LIMIT_ROWS: '1000' };

  it('is charged for all rows, and shown beside that of writes', async () => {
    const app = await start({ ...ROWS, RATE_LIMIT_WRITES: '100' });
    const answer = await app.post('/cars/batch', [...rows(200), ...Array(200).fill({})]);
    expect(answer.status).toBe(200);
    expect(limits(answer, 'ratelimit-policy')).toEqual(['"writes";q=100;w=60', '"rows";q=1000;w=60']);
    const [writes, left] = limits(answer, 'ratelimit');
    expect(writes).toMatch(/^"writes";r=99;t=\d+$/);
    expect(left).toMatch(/^"rows";r=6\d\d;t=2\d$/);
    expect(parseBody(await app.get('/me'))).toMatchObject({ limits: { rows: { perMinute: 1000 } } });
  });

  it('rejects a batch that is too large for it, with the time after which it fits, and creates nothing', async () => {
    const app = await start({ ...ROWS, RATE_LIMIT_WRITES: '100' });
    await app.post('/cars/batch', rows(900));
    const answer = await app.post('/cars/batch', rows(500));
    await expectProblem(answer, 'too-many-requests');
    const seconds = Number(answer.headers.get('retry-after'));
    // 400 rows are missing, and 1000 come in a minute.
    expect(seconds).toBeGreaterThan(20);
    expect(seconds).toBeLessThanOrEqual(24);
    const [writes, left] = limits(answer, 'ratelimit');
    expect(writes).toBe('"writes";r=98');
    expect(left).toMatch(new RegExp(`^"rows";r=1\\d\\d;t=${seconds}$`));
    expect((await app.get('/cars?limit=1&count=exact')).headers.get('x-total-count')).toBe('900');
    // What is left can still be used.
    expect((await app.post('/cars/batch', rows(50))).status).toBe(200);
  });

  it('is not charged for a dry run, nor for rows that atomic=true rejects', async () => {
    const app = await start(ROWS);
    await app.post('/cars/batch?dryRun=true', rows(1000));
    await app.post('/cars/batch?atomic=true', [...rows(999), {}]);
    const answer = await app.post('/cars/batch', rows(1000));
    expect([answer.status, limits(answer, 'ratelimit-policy')]).toEqual([200, ['"rows";q=1000;w=60']]);
  });

  it('is given back for a replay and for a key that was used with another batch', async () => {
    const app = await start(ROWS);
    const key = { 'idempotency-key': 'k' };
    await app.post('/cars/batch', rows(100), key);
    for (let times = 0; times < 3; times += 1) {
      const replay = await app.post('/cars/batch', rows(100), key);
      expect(replay.headers.get('idempotency-replayed')).toBe('true');
      expect(replay.headers.get('ratelimit')).toMatch(/^"rows";r=9\d\d;/);
      await expectProblem(await app.post('/cars/batch', rows(900), key), 'idempotency-key-reused');
    }
    expect((await app.post('/cars/batch', rows(900))).status).toBe(200);
  });

  it.each<[CarErrorCode, number]>([
    ['unavailable', 1000],
    ['storage-full', 1000],
    ['idempotency-key-busy', 1000],
    ['outcome-unknown', 0],
  ])('has after %s, of 1,000 rows, again %i', async (code, left) => {
    const app = await start(ROWS);
    const { createMany } = app.app.database.cars;
    failStore(app.app.database.cars, () => new CarError(code));
    await expectProblem(await app.post('/cars/batch', rows(1000)), code);
    Object.assign(app.app.database.cars, { createMany });
    expect((await app.post('/cars/batch', rows(1000))).status).toBe(left === 1000 ? 200 : 429);
  });

  it('belongs to one client', async () => {
    const app = await start({ ...ROWS, AUTH: 'api-key' });
    const headers = await Promise.all(
      ['ann', 'bob'].map(async (name) => ({
        'x-api-key': await giveKey(app.app.database.keys, { name, scopes: ['cars:write'] }),
      })),
    );
    for (const own of headers) {
      expect((await app.post('/cars/batch', rows(1000), own)).status).toBe(200);
      expect((await app.post('/cars/batch', rows(1000), own)).status).toBe(429);
    }
  });
});

describe('batches at once', () => {
  /** The head of a request whose body never arrives as a whole. */
  const unfinished = (field: string) =>
    rawHead('POST', '/cars/batch', ['Content-Type: text/csv', 'Content-Length: 100', field]);

  it('are limited, the next one gets 503, and a client that hangs up frees its place', async () => {
    const lines: { shed?: string }[] = [];
    const log = pino(
      { messageKey: 'message' },
      { write: (line: string) => void lines.push(JSON.parse(line)) },
    );
    const app = await start({ TRUST_PROXY: '1' }, { log });
    const sockets = Array.from({ length: LIMITS.batches }, () => connect(app.port, '127.0.0.1'));
    for (const [index, socket] of sockets.entries())
      socket.on('error', () => {}).write(`${unfinished(`X-Forwarded-For: 192.0.2.${index}`)}brand`);
    let refused: Answer;
    do refused = await app.post('/cars/batch', []);
    while (refused.status === 200);
    await expectProblem(refused, 'unavailable');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(lines.at(-2)).toMatchObject({ shed: 'batches' });
    expect((await app.post('/cars', GOLF)).status).toBe(201);
    sockets[0]?.destroy();
    await once(sockets[0] as (typeof sockets)[0], 'close');
    let answer: Answer;
    do answer = await app.post('/cars/batch', rows(1));
    while (answer.status === 503);
    expect(answer.status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  it('are limited for each client', async () => {
    const app = await start({ TRUST_PROXY: '1' });
    const ann = { 'x-forwarded-for': '192.0.2.1' };
    const sockets = Array.from({ length: LIMITS.batches / 2 }, () => connect(app.port, '127.0.0.1'));
    for (const socket of sockets)
      socket.on('error', () => {}).write(`${unfinished('X-Forwarded-For: 192.0.2.1')}brand`);
    let refused: Answer;
    do refused = await app.post('/cars/batch', [], ann);
    while (refused.status === 200);
    await expectProblem(refused, 'unavailable');
    expect(refused.body).toContain('16 batches of this client');
    expect((await app.post('/cars/batch', [], { 'x-forwarded-for': '192.0.2.2' })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  it('keep their place until their work is done, even if the client hung up', async () => {
    const app = await start();
    let closed = 0;
    app.app.server.server.on('request', (_, response) =>
      response.once('close', () => {
        closed += 1;
      }),
    );
    const { cars } = app.app.database;
    const { createMany } = cars;
    const gate = Promise.withResolvers<void>();
    let arrived = 0;
    cars.createMany = async (...parameters) => {
      arrived += 1;
      await gate.promise;
      return createMany(...parameters);
    };
    const stop = new AbortController();
    const max = LIMITS.batches / 2;
    const lost = Array.from({ length: max }, () =>
      fetch(`${app.origin}/cars/batch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([GOLF]),
        signal: stop.signal,
      }).catch(() => {}),
    );
    await expect.poll(() => arrived).toBe(max);
    stop.abort();
    await Promise.all(lost);
    await expect.poll(() => closed).toBe(max);
    await expectProblem(await app.post('/cars/batch?dryRun=true', []), 'unavailable');
    gate.resolve();
    await expect.poll(async () => (await app.post('/cars/batch', [])).status).toBe(200);
  });
});

describe('a batch that the database fails', () => {
  it.each<[CarErrorCode, boolean, string | null]>([
    ['unavailable', false, '1'],
    ['outcome-unknown', false, null],
    ['outcome-unknown', true, '1'],
    ['idempotency-key-busy', true, '1'],
    ['storage-full', false, null],
  ])('gets %s, and with a key (%s) Retry-After: %s', async (code, hasKey, retryAfter) => {
    const app = await start();
    failStore(app.app.database.cars, () => new CarError(code, { cause: new Error('ECONNRESET') }));
    const answer = await app.post('/cars/batch', rows(2), hasKey ? { 'idempotency-key': 'k' } : {});
    await expectProblem(answer, code);
    expect(answer.headers.get('retry-after')).toBe(retryAfter);
  });
});

describe('the scope of a batch', () => {
  it('is cars:write, and access is decided before the body is read', async () => {
    const app = await start({ AUTH: 'api-key', PUBLIC_READ: 'true' });
    const reader = await giveKey(app.app.database.keys, { name: 'ann', scopes: ['cars:read'] });
    const writer = await giveKey(app.app.database.keys, { name: 'bob', scopes: ['cars:write'] });
    const tooLarge = ' '.repeat(2 * 1024 * 1024);
    await expectProblem(await app.post('/cars/batch', tooLarge), 'unauthenticated');
    await expectProblem(await app.post('/cars/batch', tooLarge, { 'x-api-key': reader }), 'forbidden');
    const answer = await app.post('/cars/batch', rows(2), { 'x-api-key': writer });
    expect(parseBody(answer)).toMatchObject({ created: 2 });
  });

  it('keeps the keys of two clients apart', async () => {
    const app = await start({ AUTH: 'api-key' });
    const keys = [
      await giveKey(app.app.database.keys, { name: 'ann' }),
      await giveKey(app.app.database.keys, { name: 'bob' }),
    ];
    for (const [index, name] of ['ann', 'bob'].entries()) {
      const key = keys[index] ?? '';
      const headers = { 'x-api-key': key, 'idempotency-key': 'k' };
      const answer = await app.post('/cars/batch', [{ ...GOLF, model: name }], headers);
      expect(answer.headers.has('idempotency-replayed')).toBe(false);
      const [[id]] = (parseBody(answer) as { ids: [[number]] }).ids;
      expect(parseBody(await app.get(`/cars/${id}/history`, headers))).toMatchObject([{ caller: name }]);
    }
  });
});

describe('a JSON array, which may take thirty times the memory of its bytes', () => {
  const read = (body: string) => readRows('application/json', Buffer.from(body), false);

  it('is rejected before its first row if it has too many rows', () => {
    expect(() => read(`[${'{},'.repeat(1000)}{}]`).next()).toThrow('more than 1000 rows');
  });

  it('is not parsed if it has more than 50,000 arrays and objects, outside of texts', () => {
    const nested = (count: number) => `[{"x":${'['.repeat(count)}${']'.repeat(count)},"y":"\\"[["}]`;
    expect(() => read(nested(49_999)).next()).toThrow('more than 50000 arrays and objects');
    expect(read(nested(49_998)).next().value).toEqual({ line: 0, value: { x: {}, y: '"[[' } });
    expect(read(JSON.stringify([{ x: '[{'.repeat(50_000) }])).next().value).toMatchObject({ line: 0 });
  });

  it('is not kept: only what a row needs to be validated is', () => {
    const rows = [...read('[{"id":1,"brand":{"x":[1]},"year":[[2]]},{"x":null}]')];
    expect(rows).toEqual([
      { line: 0, value: { brand: {}, year: {} } },
      { line: 1, value: { x: null } },
    ]);
  });
});
