/** The log's line of a request: one for each, whatever the caller did, and every member says what it promises. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createServer } from '../../src/http/server.ts';
import { createRequestLog } from '../../src/observability/request-line.ts';
import { beginRequest } from '../../src/observability/request-record.ts';
import { until } from '../process/start-service.ts';
import { collectLog } from './collected-log.ts';
import { rawHead, sendRaw } from './raw-request.ts';
import { type RunningApp, startApp } from './start-app.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

const collected = collectLog();
let app: RunningApp;

beforeAll(async () => {
  app = await startApp({}, { log: collected.log });
  await app.post('/cars', GOLF);
});
beforeEach(() => collected.clear());
afterAll(() => app.stop());

/** The lines, once there is one; a moment later, so that a second one would be there too. */
async function linesOf(count = 1) {
  await until('the line', () => collected.lines().length >= count);
  await new Promise((resolve) => setTimeout(resolve, 50));
  return collected.lines();
}

describe('a request that is answered', () => {
  it('has its id, route, status, times, cars and bytes in one line', async () => {
    const { body, headers } = await app.get('/cars/1');
    const [line, ...more] = await linesOf();
    expect(more).toEqual([]);
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      requestId: headers.get('x-request-id'),
      method: 'GET',
      route: '/cars/:id',
      status: 200,
      latency: expect.any(Number),
      waited: expect.any(Number),
      worked: expect.any(Number),
      rows: 1,
      bytes: Buffer.byteLength(body),
      message: 'request',
    });
    expect(line?.['worked']).toBeGreaterThan(0);
    expect(line?.['latency']).toBeGreaterThanOrEqual(Number(line?.['worked']));
  });

  it.each([
    ['HEAD', '/cars/1', 200, 0],
    ['GET', '/cars/99', 404, undefined],
    ['GET', '/healthz', 200, undefined],
    ['GET', '/docs', 200, undefined],
    ['DELETE', '/cars/1?x=1', 400, undefined],
    ['GET', '/nothing', 404, undefined],
    ['GET', '/cars/%ff', 400, undefined],
  ])('shows what was sent: %s %s', async (method, path, status, bytes) => {
    const answer = await app.call(method, path);
    const lines = await linesOf();
    expect(lines).toMatchObject([{ method, status, bytes: bytes ?? Buffer.byteLength(answer.body) }]);
  });

  it('names the problem type of a client error, which is no warning', async () => {
    await app.get('/healthz?nonsense=1');
    expect(await linesOf()).toMatchObject([{ level: 'info', status: 400, problem: 'invalid-parameter' }]);
  });

  it('has the trace id of a valid traceparent', async () => {
    await app.get('/cars/1', { traceparent: `00-${TRACE}-00f067aa0ba902b7-00` });
    await app.get('/cars/1', { traceparent: `00-${TRACE}` });
    expect((await linesOf(2)).map((line) => line['traceId'])).toEqual([TRACE, undefined]);
  });
});

describe('a hostile request', () => {
  it.each([
    '","level":"fatal","x":"',
    '\\',
    '\\"}{',
    '</script>',
    `${'"'.repeat(128)}`,
    '%0a{"level":"fatal"}',
  ])('leaves one line of JSON: the request id %s', async (id) => {
    await app.get('/cars/1', { 'x-request-id': id });
    const [line, ...more] = await linesOf();
    expect([line?.['requestId'], line?.['level'], more]).toEqual([id, 'info', []]);
    expect(collected.text().split('\n')).toHaveLength(2);
  });

  it.each([
    '/%0d%0a%7b%22level%22:%22fatal%22%7d',
    '/"},{"',
    '/cars/"%00',
    `/${'a'.repeat(9000)}`,
    '/cars?brand=%22%0a',
  ])('leaves one line of JSON without its path: %s', async (path) => {
    await sendRaw(app, rawHead('GET', path));
    const lines = await linesOf();
    expect(lines).toHaveLength(1);
    expect(collected.text()).not.toContain('fatal');
    expect(Buffer.byteLength(collected.text())).toBeLessThan(1000);
  });
});

describe('an error before there is a request', () => {
  it.each([
    ['no HTTP', 'nonsense\r\n\r\n', 400, 'bad-request'],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'bad-request'],
    ['an expectation', rawHead('GET', '/healthz', ['Expect: wonders']), 417, 'expectation-failed'],
    [
      'too long header fields',
      rawHead('GET', '/healthz', [`X: ${'x'.repeat(17_000)}`]),
      431,
      'header-fields-too-large',
    ],
  ])('has a line under the request id of its response: %s', async (_, bytes, status, problem) => {
    const answer = await sendRaw(app, bytes);
    expect(await linesOf()).toMatchObject([
      {
        level: 'info',
        status,
        problem,
        route: null,
        requestId: answer?.headers.get('x-request-id'),
        bytes: Buffer.byteLength(answer?.body ?? ''),
      },
    ]);
  });

  it('keeps the request id of a request whose body is not valid HTTP', async () => {
    const fields = [
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
      'X-Request-Id: my-own-id',
    ];
    const answer = await sendRaw(app, `${rawHead('POST', '/cars', fields)}nonsense\r\n`);
    expect([answer?.status, answer?.headers.get('x-request-id')]).toEqual([400, 'my-own-id']);
    expect(await linesOf()).toMatchObject([{ status: 400, requestId: 'my-own-id' }]);
  });

  it('has one line if the body does not end in time', async () => {
    const { server } = app.app.server;
    const { requestTimeout, headersTimeout } = server;
    Object.assign(server, { headersTimeout: 300, requestTimeout: 400 });
    try {
      const head = rawHead('POST', '/cars', ['Content-Type: application/json', 'Content-Length: 9']);
      const answer = await sendRaw(app, `${head}{`);
      const requestId = answer?.headers.get('x-request-id');
      expect(await linesOf()).toMatchObject([{ status: 408, problem: 'request-timeout', requestId }]);
      expect(collected.lines()).toHaveLength(1);
    } finally {
      Object.assign(server, { requestTimeout, headersTimeout });
    }
  });
});

describe('a client that hangs up', () => {
  it('during its body leaves one line that shows it', async () => {
    const socket = connect(app.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`${rawHead('POST', '/cars', ['Content-Type: application/json', 'Content-Length: 9'])}{`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.resetAndDestroy();
    const lines = await linesOf();
    expect(lines).toMatchObject([{ level: 'info', method: 'POST', route: '/cars', aborted: true }]);
    expect(lines).toHaveLength(1);
  });

  it('after too many pipelined requests has a line for each, and one for the disconnect', async () => {
    const socket = connect(app.port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    await once(socket, 'connect');
    socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(66));
    await once(socket, 'close');
    const lines = await linesOf(66);
    expect(lines.filter(({ status }) => status === 0)).toMatchObject([{ level: 'warn', shed: 'pipelining' }]);
    expect(new Set(lines.map((line) => line['requestId'])).size).toBe(lines.length);
  });
});

describe('a request refused under overload', () => {
  it('shows what it would have waited for', async () => {
    const refusals = collectLog();
    const server = await createServer(createRequestLog(refusals.log, false), () => 'turn', {
      corsOrigins: [],
      loopbackOnly: false,
    });
    server.get('/cars', { config: { kind: 'list', scope: 'cars:read' } }, async () => 'never');
    const origin = await server.listen({ port: 0 });
    const { status } = await fetch(`${origin}/cars`);
    await server.close();
    expect(status).toBe(503);
    expect(refusals.lines()).toMatchObject([
      { level: 'warn', status: 503, shed: 'turn', problem: 'unavailable', route: '/cars' },
    ]);
  });
});

it('is a warning if a rate limit was exceeded, and escapes the name of the caller', () => {
  const record = beginRequest({ requestId: 'a', method: 'GET', route: '/cars', isCall: true }, {});
  Object.assign(record, { status: 429, limited: 'reads', caller: 'jwt:"\n{' });
  createRequestLog(collected.log, false)(record);
  expect(collected.lines()).toMatchObject([{ level: 'warn', limited: 'reads', caller: 'jwt:"\n{' }]);
  expect(collected.text().split('\n')).toHaveLength(2);
});

it.each([0, 0.0004, 0.0006, 1, 2.0405, 999.9996, 12_345.678])(
  'has %d ms with three decimals',
  (milliseconds) => {
    const record = beginRequest({ requestId: 'a', method: 'GET', route: '/cars', isCall: true }, {});
    Object.assign(record, { status: 200, milliseconds, waited: milliseconds });
    createRequestLog(collected.log, false)(record);
    const inText = collected.text().match(/"(?:latency|waited)":\d+\.\d{3},/g);
    expect(inText).toHaveLength(2);
    const [line] = collected.lines();
    expect(Math.abs(Number(line?.['latency']) - milliseconds)).toBeLessThanOrEqual(0.0005001);
  },
);
