/**
 * Clients of two services, one near the database and one far from it, read and change a few cars, while connections are
 * killed, the database server is killed and started again, and it becomes read-only.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startDelayingProxy } from '../../tools/delaying-proxy.ts';
import { queryRows } from '../../tools/mysql-client.ts';
import { startServer } from '../../tools/mysql-server.ts';
import { startService } from '../process/start-service.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { type Answer, type Call, type Caller, createCaller } from './caller.ts';
import { type Entry, type Exchange, findViolations, readTrail } from './check-order.ts';
import { record } from './figures.ts';
import { untilServed } from './lifeline.ts';
import { PLAIN_USER, withoutSuper } from './plain-user.ts';

const CARS = 4;
const CLIENTS = 24;
const ROUNDS = 3;

/** A car that clients share, and the last version that one of them saw. */
interface Known {
  id: number;
  version: number;
}

// Proves: linearizable
it('is linearizable for each car, through every fault', async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
  const database = await createTestDatabase(server.url);
  const near = await withoutSuper(server.url, database.url);
  // What it reads is old when it arrives, so a result that is shared too widely shows.
  const proxy = await startDelayingProxy(near, { answers: 10 });
  onTestFinished(() => proxy.close());
  const services = [
    await startService({ DATABASE_URL: near }),
    await startService({ DATABASE_URL: proxy.url }),
  ];
  const callers = services.map((service) => createCaller(service.url, CLIENTS));

  const { exchanges, stop } = startClients(callers);
  const [prober] = callers as [Caller];
  const served = (round: number) =>
    untilServed(prober, {
      method: 'POST',
      path: '/cars',
      body: { brand: 'Probe', model: `${round}`, year: 2000 },
    });
  for (let round = 0; round < ROUNDS; round += 1) {
    await sleep(500);
    await killConnections(server.url, 500);
    await sleep(200);
    await server.kill();
    await server.start();
    await served(round);
    await sleep(200);
    await queryRows(server.url, 'SET GLOBAL read_only = ON');
    await sleep(300);
    await queryRows(server.url, 'SET GLOBAL read_only = OFF');
    await served(round);
  }
  await sleep(500);
  await stop();
  const trail = await readTrail(database);
  for (const caller of callers) caller.close();

  const violations = findViolations(exchanges, trail);
  const count = (isOne: (exchange: Exchange) => boolean) => exchanges.filter(isOne).length;
  const figures = {
    reads: count(({ method, status }) => method === 'GET' && (status === 200 || status === 304)),
    changes: count(({ method, status }) => method !== 'GET' && Number(status) < 300),
    overtaken: count(({ status }) => status === 412),
    'after deletion': count(({ status }) => status === 404),
    unavailable: count(({ status }) => status === 503),
    'of unknown outcome': count(({ status }) => status === 'unknown'),
  };
  record(`${ROUNDS} rounds of killed connections, a killed and a read-only server`, {
    ...figures,
    'versions out of order': violations.length,
  });
  expect(violations.slice(0, 10)).toEqual([]);
  // Without each of them, nothing would be shown.
  expect(Object.entries(figures).filter(([, number]) => number === 0)).toEqual([]);
});

describe('the check', () => {
  const fields = (model: string) => ({ brand: 'Lada', model, year: 2000 });
  const trail: Entry[] = [
    { id: 1, version: 1, requestId: 'a', before: null, after: fields('a') },
    { id: 1, version: 2, requestId: 'b', before: fields('a'), after: fields('b') },
    { id: 1, version: 3, requestId: 'c', before: fields('b'), after: null },
  ];
  const read = (model: string, version: number, start: number, end: number): Exchange => {
    return { method: 'GET', requestId: '', id: 1, start, end, status: 200, version, car: fields(model) };
  };
  const wrote = (model: string, version: number, start: number, end: number): Exchange => {
    return { ...read(model, version, start, end), method: 'PUT', requestId: model };
  };
  const answered = (status: number, version: number, start: number, end: number): Exchange => {
    return { method: 'GET', requestId: '', id: 1, start, end, status, version };
  };
  const unknown = { ...wrote('b', Number.NaN, 5, 6), status: 'unknown' } as const;

  it.each<[string, Exchange[]]>([
    ['requests at the same time, in either order', [read('b', 2, 0, 9), read('a', 1, 1, 8)]],
    ['an unknown change that came late', [unknown, read('a', 1, 7, 8), read('b', 2, 9, 10)]],
    ['a car that was read before its change was answered', [wrote('b', 2, 0, 9), read('b', 2, 1, 2)]],
    ['a car that a list shows', [{ ...read('b', 2, 0, 9), version: undefined as never }]],
  ])('accepts %s', (_, exchanges) => {
    expect(findViolations(exchanges, trail)).toEqual([]);
  });

  it.each<[string, Exchange[]]>([
    ['a stale read', [wrote('b', 2, 0, 1), read('a', 1, 2, 3)]],
    ['a stale read after another read', [read('b', 2, 0, 1), read('a', 1, 2, 3)]],
    ['a stale 304', [wrote('b', 2, 0, 1), answered(304, 1, 2, 3)]],
    ['a read before the change began', [read('b', 2, 0, 1), wrote('b', 2, 2, 3)]],
    ['a read before an unknown change began', [read('b', 2, 0, 1), unknown]],
    ['a read after a deletion was seen', [answered(404, Number.NaN, 0, 1), read('b', 2, 2, 3)]],
    ['412 while the version was current', [answered(412, 1, 0, 1), read('a', 1, 2, 3)]],
    ['a version with another value', [read('a', 2, 0, 1)]],
    ['two changes with one version', [wrote('b', 1, 0, 1)]],
    ['a lost change', [wrote('d', 4, 0, 1)]],
    ['a change that was refused, and applied', [{ ...wrote('b', 2, 0, 1), status: 503 }]],
  ])('finds %s', (_, exchanges) => {
    expect(findViolations(exchanges, trail)).toHaveLength(1);
  });

  it('finds a change that was applied twice, a lost update and a gap in the trail', () => {
    const again = { id: 1, version: 4, requestId: 'a', before: null, after: fields('a') };
    expect(findViolations([], [...trail, again])).toEqual(['a was applied twice']);
    const lost = { id: 1, version: 4, requestId: 'd', before: fields('a'), after: fields('d') };
    expect(findViolations([], [...trail, lost])).toHaveLength(1);
    expect(findViolations([], trail.slice(1))).toHaveLength(2);
  });
});

/** Kills a random connection of the services again and again, for so many milliseconds. */
async function killConnections(serverUrl: string, milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  while (performance.now() < until) {
    const [row] = await queryRows(
      serverUrl,
      `SELECT id FROM information_schema.processlist WHERE user = '${PLAIN_USER}' ORDER BY RAND() LIMIT 1`,
    );
    // It may be gone already.
    if (row !== undefined) await queryRows(serverUrl, `KILL ${Object.values(row)[0]}`).catch(() => {});
    await sleep(10);
  }
}

function startClients(callers: readonly Caller[]) {
  const exchanges: Exchange[] = [];
  const cars: (Known | undefined)[] = Array.from({ length: CARS });
  /** The places in {@link cars} for which a client is creating a car. */
  const creating = new Set<number>();
  let stopped = false;

  async function send(caller: Caller, call: Call): Promise<Answer | undefined> {
    return caller.send(call).catch(() => undefined);
  }

  async function create(caller: Caller, slot: number, requestId: string): Promise<void> {
    const body = { brand: 'Lada', model: requestId, year: 2000 };
    const isKeyed = Math.random() < 0.5;
    const headers = { 'x-request-id': requestId, ...(isKeyed && { 'idempotency-key': requestId }) };
    const start = performance.now();
    let answer: Answer | undefined;
    do {
      answer = await send(caller, { method: 'POST', path: '/cars', headers, body });
      if (answer?.status === 201 || !isKeyed) break;
      await sleep(20);
    } while (!stopped);
    const status = isKeyed && answer?.status !== 201 ? 'unknown' : statusOf(answer);
    const exchange = { method: 'POST', requestId, start, end: performance.now(), status } as const;
    if (answer?.status !== 201) return void exchanges.push({ ...exchange, id: undefined });
    const { id, ...car } = JSON.parse(answer.text);
    exchanges.push({ ...exchange, id, version: 1, car });
    cars[slot] = { id, version: 1 };
  }

  async function request(caller: Caller, known: Known, requestId: string): Promise<number | 'unknown'> {
    const dice = Math.random();
    const method = dice < 0.55 ? 'GET' : dice < 0.75 ? 'PATCH' : dice < 0.97 ? 'PUT' : 'DELETE';
    const isConditional = Math.random() < 0.5;
    const { id, version } = known;
    const condition = method === 'GET' ? 'if-none-match' : 'if-match';
    const headers = {
      'x-request-id': requestId,
      ...(isConditional && { [condition]: `"${version}"` }),
    };
    const body = { model: requestId, ...(method === 'PUT' && { brand: 'Lada', year: 2001 }) };
    const hasBody = method === 'PUT' || method === 'PATCH';
    const start = performance.now();
    const answer = await send(caller, { method, path: `/cars/${id}`, headers, ...(hasBody && { body }) });
    const tag = /^"(\d+)"$/.exec(String(answer?.headers['etag']))?.[1];
    const status = statusOf(answer);
    const named = tag === undefined ? isConditional && { version } : { version: Number(tag) };
    const { id: _, ...car } = status === 200 ? JSON.parse(answer?.text ?? '') : {};
    exchanges.push({
      method,
      requestId,
      id,
      start,
      end: performance.now(),
      status,
      ...named,
      ...(status === 200 && { car }),
    });
    if (tag !== undefined) known.version = Math.max(known.version, Number(tag));
    return status;
  }

  async function list(caller: Caller, requestId: string): Promise<number | 'unknown'> {
    const expected = cars.map((known) => known?.id);
    const start = performance.now();
    const answer = await send(caller, { path: '/cars?limit=1000' });
    const end = performance.now();
    const listed: { id: number; brand: string; model: string; year: number }[] =
      answer?.status === 200 ? JSON.parse(answer.text) : [];
    for (const { id, ...car } of listed) {
      exchanges.push({ method: 'GET', requestId, id, start, end, status: 200, car });
    }
    for (const id of expected) {
      const isGone = answer?.status === 200 && listed.every((car) => car.id !== id);
      if (id !== undefined && isGone)
        exchanges.push({ method: 'GET', requestId, id, start, end, status: 404 });
    }
    return statusOf(answer);
  }

  async function work(client: number): Promise<void> {
    for (let turn = 0; !stopped; turn += 1) {
      const caller = callers[(client + turn) % callers.length] as Caller;
      const requestId = `${client}-${turn}`;
      const slot = Math.floor(Math.random() * CARS);
      const known = cars[slot];
      if (known === undefined && !creating.has(slot)) {
        creating.add(slot);
        await create(caller, slot, requestId);
        creating.delete(slot);
        continue;
      }
      const isList = known === undefined || Math.random() < 0.1;
      const status = isList ? await list(caller, requestId) : await request(caller, known, requestId);
      if (!isList && (status === 204 || status === 404) && cars[slot] === known) cars[slot] = undefined;
      if (status === 503 || status === 'unknown') await sleep(20);
    }
  }

  const working = Promise.all(Array.from({ length: CLIENTS }, (_, client) => work(client)));
  return {
    exchanges,
    async stop() {
      stopped = true;
      await working;
    },
  };
}

function statusOf(answer: Answer | undefined): number | 'unknown' {
  if (answer === undefined || answer.text.includes('outcome-unknown')) return 'unknown';
  return answer.status;
}
