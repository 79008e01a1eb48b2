/** Callers that are slow, that hang up, or that send what takes long to judge. */
// Proves: misbehaving-clients

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/http/limits.ts';
import { expectProblem } from './expect-problem.ts';
import { rawHead, sendRaw, sendRawAnswered } from './raw-request.ts';
import { type RunningApp, startApp } from './start-app.ts';

let app: RunningApp;
const logged: { level: string; status?: number; message: string }[] = [];

beforeAll(async () => {
  const stream = { write: (line: string) => void logged.push(JSON.parse(line)) };
  const log = pino({ formatters: { level: (level) => ({ level }) }, messageKey: 'message' }, stream);
  app = await startApp({}, { log });
});
afterAll(() => app.stop());

const HALF_A_BODY = `${rawHead('POST', '/cars', ['Content-Type: application/json', 'Content-Length: 100'])}{"brand":`;

describe('the timeouts', () => {
  it('are those of production', () => {
    const { headersTimeout, requestTimeout, keepAliveTimeout, timeout } = app.app.server.server;
    expect({ headersTimeout, requestTimeout, keepAliveTimeout, timeout }).toEqual({
      headersTimeout: LIMITS.headers,
      requestTimeout: LIMITS.request,
      keepAliveTimeout: LIMITS.keepAlive,
      timeout: LIMITS.stalled,
    });
  });
});

// Node reads these two limits at each check, so that a test can shorten them on the running server.
describe('a client slower than the timeouts', () => {
  beforeAll(() => {
    Object.assign(app.app.server.server, { headersTimeout: 300, requestTimeout: 400 });
  });
  afterAll(() => {
    Object.assign(app.app.server.server, { headersTimeout: LIMITS.headers, requestTimeout: LIMITS.request });
  });

  it.each([
    ['a request line', 'GET /cars HT'],
    ['header fields', 'GET /cars HTTP/1.1\r\nHost: x\r\nX: '],
    ['a body', HALF_A_BODY],
    [
      'chunks',
      `${rawHead('POST', '/cars', ['Content-Type: application/json', 'Transfer-Encoding: chunked'])}1\r\n{`,
    ],
  ])('gets 408 if it does not finish %s', async (_, bytes) => {
    const answer = await sendRawAnswered(app, bytes);
    await expectProblem(answer, 'request-timeout');
    expect(answer.headers.get('connection')).toBe('close');
  });

  // Proves: held-connections
  it('gets 408 even if it keeps sending byte after byte', async () => {
    const bytes = [...'GET /cars HTTP/1.1\r\nX: ', ...'x'.repeat(200)];
    await expectProblem(await sendRawAnswered(app, bytes, { pause: 15 }), 'request-timeout');
  });

  it('is disconnected some time after its body was rejected', async () => {
    const socket = connect(app.port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    socket.write(rawHead('POST', '/cars', ['Content-Type: application/json', 'Content-Length: 10000000']));
    const sending = setInterval(() => socket.write('x'), 50);
    await once(socket, 'close');
    clearInterval(sending);
    expect((await app.get('/healthz')).status).toBe(200);
  });
});

describe('a client that does not read', () => {
  const REQUEST = rawHead('GET', '/docs/swagger-ui-bundle.js');
  beforeAll(() => void Object.assign(app.app.server.server, { timeout: 500 }));
  afterAll(() => void Object.assign(app.app.server.server, { timeout: LIMITS.stalled }));

  /** Connects, and sends requests until the client's and the system's buffers are full. */
  async function fillConnection(): Promise<{ client: Socket; service: Socket }> {
    const accepted = once(app.app.server.server, 'connection');
    const client = connect(app.port, '127.0.0.1').on('error', () => {});
    client.pause();
    const [service]: Socket[] = await accepted;
    if (service === undefined) throw new Error('not connected');
    while (service.writableLength === 0) {
      client.write(REQUEST);
      await sleep(20);
    }
    return { client, service };
  }

  it('is disconnected when it has accepted no byte for a while', async () => {
    const { client, service } = await fillConnection();
    await once(service, 'close');
    client.destroy();
    expect((await app.get('/healthz')).status).toBe(200);
  });

  it('keeps its connection while it reads slowly', async () => {
    const { client, service } = await fillConnection();
    for (let times = 0; times < 8; times += 1) {
      await sleep(150);
      client.read(300_000);
    }
    expect(service.destroyed).toBe(false);
    client.destroy();
  });

  it('is disconnected when too many bytes wait for it', async () => {
    const { client, service } = await fillConnection();
    client.write(REQUEST.repeat(5));
    await once(service, 'close');
    expect(service.unsent).toBe(0);
    client.destroy();
  });
});

describe('a client that hangs up', () => {
  it.each([
    ['without a word', ''],
    ['within its request line', 'GET /ca'],
    ['within its body', HALF_A_BODY],
    ['before it was answered', rawHead('GET', '/cars')],
  ])('%s leaves no error in the log', async (_, bytes) => {
    logged.length = 0;
    const socket = connect(app.port, '127.0.0.1');
    await once(socket, 'connect');
    if (bytes !== '') socket.write(bytes);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(logged.filter(({ level, status = 0 }) => level !== 'info' || status >= 500)).toEqual([]);
    expect((await app.get('/healthz')).status).toBe(200);
  });

  it('only in its own direction is answered', async () => {
    const answer = await sendRaw(app, rawHead('GET', '/healthz'), { end: true });
    expect(answer?.status).toBe(200);
  });
});

describe('a body made to be slow to validate', () => {
  const SIZE = 60_000;
  it.each([
    ['letters before a control character', 'a'.repeat(SIZE), '\\u0001'],
    ['blanks between letters', `a${' '.repeat(SIZE)}b`, ''],
    ['blanks before a control character', ' '.repeat(SIZE), '\\u0001'],
    ['accents in the wrong order', `a${'\u0301'.repeat(SIZE / 4)}${'\u0323'.repeat(SIZE / 4)}`, ''],
    ['accents in the wrong order and a control character', `a${'\u0301\u0323'.repeat(SIZE / 4)}`, '\\u0001'],
  ])('is rejected quickly: %s', async (_, text, tail) => {
    const body = `{"brand":"${text}${tail}","model":"Golf","year":2018}`;
    const times: number[] = [];
    // The best of three, because the machine may be busy with other tests.
    for (let run = 0; run < 3; run += 1) {
      const start = performance.now();
      expect((await app.post('/cars', body)).status).toBe(422);
      times.push(performance.now() - start);
    }
    expect(Math.min(...times)).toBeLessThan(150);
  });
});
