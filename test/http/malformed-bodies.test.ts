/** Bodies that cannot be read: not JSON, not UTF-8, too large, cut short. */

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { rejectTinyParts } from '../../src/http/wire/tiny-parts.ts';
import { carsOf } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { rawHead, sendRawAnswered } from './raw-request.ts';
import { useApp } from './start-app.ts';

const app = useApp();
const JSON_TYPE = { 'content-type': 'application/json' };
const LIMIT = 64 * 1024;

afterEach(async () => {
  expect((await app().get('/healthz')).status).toBe(200);
  expect(carsOf(await app().get('/cars?brand=Refused'))).toEqual([]);
});

const MALFORMED = {
  nothing: '',
  blanks: '   ',
  'an open brace': '{',
  'a member without a value': '{"brand":}',
  'a missing brace': '{"brand":"Refused","model":"Golf","year":2018',
  'text behind the car': '{"brand":"Refused","model":"Golf","year":2018}{}',
  'single quotes': "{'brand':'Refused'}",
  'a trailing comma': '{"brand":"Refused","model":"Golf","year":2018,}',
  'a comment': '{"brand":"Refused"/* */,"model":"Golf","year":2018}',
  NaN: '{"brand":"Refused","model":"Golf","year":NaN}',
  'a leading zero': '{"brand":"Refused","model":"Golf","year":02018}',
  'a line break inside a text': '{"brand":"Refused\n","model":"Golf","year":2018}',
  'a broken escape': '{"brand":"\\x41","model":"Golf","year":2018}',
  'a NUL behind it': '{"brand":"Refused","model":"Golf","year":2018}\0',
  'XML in its place': '<car/>',
  'a form in its place': 'brand=Refused&model=Golf&year=2018',
  '60,000 open lists': '['.repeat(60_000),
  '10,000 open objects': '{"a":'.repeat(10_000),
};

/** A car whose brand is these bytes. */
const withBytes = (...bytes: number[]) =>
  Buffer.concat([
    Buffer.from('{"brand":"'),
    Buffer.from(bytes),
    Buffer.from('","model":"Golf","year":2018}'),
  ]);

const NOT_UTF8 = {
  'a byte that is never used': withBytes(0xff),
  'a continuation without a start': withBytes(0x80),
  'a start without its continuation': withBytes(0xc3),
  'a slash of two bytes': withBytes(0xc0, 0xaf),
  'half of a surrogate pair': withBytes(0xed, 0xa0, 0x80),
  'a code point above U+10FFFF': withBytes(0xf4, 0x90, 0x80, 0x80),
  Latin1: withBytes(0xe9),
  'UTF-16': Buffer.from('{"brand":"Refused","model":"Golf","year":2018}', 'utf16le'),
};

describe.each([
  { method: 'POST', path: '/cars' },
  { method: 'PUT', path: '/cars/1' },
  { method: 'PATCH', path: '/cars/1' },
])('$method $path', ({ method, path }) => {
  const send = (body: string | Uint8Array, headers = JSON_TYPE) => app().call(method, path, headers, body);

  it.each(Object.entries(MALFORMED))('answers 400 to a body that is or has %s', async (_, body) => {
    await expectProblem(await send(body), 'bad-request');
  });

  it.each(Object.entries(NOT_UTF8))('answers 400 to a text with %s, which is not UTF-8', async (_, body) => {
    await expectProblem(await send(body), 'bad-request');
  });

  it('answers 400 without a body', async () => {
    await expectProblem(await app().call(method, path), 'bad-request');
  });

  it('answers 400 if the body is shorter than its Content-Length and the client has finished', async () => {
    const head = rawHead(method, path, ['Content-Type: application/json', 'Content-Length: 100']);
    const answer = await sendRawAnswered(app(), `${head}{"brand":"Refused"`, { end: true });
    await expectProblem(answer, 'bad-request');
  });

  it.each(['zz\r\n{}\r\n', '2\r\n{}xx', '-1\r\n', 'ffffffffffffffffff\r\n'])(
    'answers 400 to the malformed chunks %j',
    async (chunks) => {
      const head = rawHead(method, path, ['Content-Type: application/json', 'Transfer-Encoding: chunked']);
      await expectProblem(await sendRawAnswered(app(), head + chunks, { end: true }), 'bad-request');
    },
  );

  it.each(['gzip', 'br', 'deflate', 'GZIP', 'gzip, identity', 'x'])(
    'answers 415 to the Content-Encoding %s, and lists what it supports',
    async (encoding) => {
      const headers = { ...JSON_TYPE, 'content-encoding': encoding };
      const answer = await send(gzipSync('{"brand":"Refused","model":"Golf","year":2018}'), headers);
      await expectProblem(answer, 'unsupported-media-type');
      expect(answer.headers.get('accept-encoding')).toBe('identity');
    },
  );

  it('answers 413 to one byte more than 64 KiB', async () => {
    const car = '{"brand":"Refused","model":"Golf","year":2018}';
    await expectProblem(await send(car.padEnd(LIMIT + 1)), 'content-too-large');
  });

  it('lets a client that sends 10 MB read the 413', async () => {
    const body = Buffer.alloc(10_000_000, ' ');
    for (let times = 0; times < 3; times += 1) {
      await expectProblem(await send(body), 'content-too-large');
    }
  });

  it('lets a client that sends 10 MB in chunks read the 413', async () => {
    for (let times = 0; times < 3; times += 1) {
      const answer = await app().call(method, path, JSON_TYPE, streamOf(160, 64 * 1024));
      await expectProblem(answer, 'content-too-large');
    }
  });

  it('answers 413 to a Content-Length that is too large, before the body arrives', async () => {
    const head = rawHead(method, path, ['Content-Type: application/json', 'Content-Length: 99999999999']);
    await expectProblem(await sendRawAnswered(app(), head), 'content-too-large');
  });
});

describe('the connection', () => {
  it.each([
    ['malformed JSON', '{', 400],
    ['no UTF-8', '\xff', 400],
    ['no object', '[]', 422],
    ['no car', '{}', 422],
  ])('stays open after a body that is %s', async (_, body, status) => {
    const headers = ['Content-Type: application/json', `Content-Length: ${body.length}`];
    const first = rawHead('POST', '/cars', headers) + body;
    const socket = connect(app().port, '127.0.0.1');
    let received = '';
    socket.setEncoding('latin1').on('data', (text) => {
      received += text;
    });
    socket.write(first, 'latin1');
    await once(socket, 'data');
    expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(received).not.toMatch(/^connection: close/im);
    socket.write(rawHead('GET', '/healthz', ['Connection: close']));
    await once(socket, 'close');
    expect(received).toContain('{"status":"ok"');
  });
});

describe('a body that is too large', () => {
  it('is still read to its end, so that the client gets the response and not a closed connection', async () => {
    const socket = connect(app().port, '127.0.0.1').on('error', () => {});
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.write(rawHead('POST', '/cars', ['Content-Type: application/json', 'Content-Length: 1000000']));
    await once(socket, 'data');
    expect(received).toMatch(/^HTTP\/1\.1 413 /);
    for (let times = 0; times < 10; times += 1) {
      socket.write('x'.repeat(100_000));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    socket.write(rawHead('GET', '/healthz', ['Connection: close']));
    await once(socket, 'close');
    expect(received).toContain('{"status":"ok"');
  });
});

describe('a body of the maximum size', () => {
  it('is read to its last byte', async () => {
    const car = '{"brand":"Padded","model":"Golf","year":2018}';
    const answer = await app().post('/cars', car.padEnd(LIMIT));
    expect([answer.status, JSON.parse(answer.body).brand]).toEqual([201, 'Padded']);
  });

  it('is read in chunks, too', async () => {
    const answer = await app().call('POST', '/cars', JSON_TYPE, streamOf(1, 10));
    await expectProblem(answer, 'bad-request');
  });
});

function streamOf(chunks: number, size: number): ReadableStream {
  let left = chunks;
  return new ReadableStream({
    pull(controller) {
      left -= 1;
      controller.enqueue(new Uint8Array(size).fill(0x20));
      if (left === 0) controller.close();
    },
  });
}

describe('a body in many small parts', () => {
  const head = (path: string) =>
    rawHead('POST', path, ['Content-Type: application/json', 'Transfer-Encoding: chunked']);
  const parts = (count: number) => '1\r\n \r\n'.repeat(count);

  it.each([
    ['/cars', 655],
    ['/cars/batch', 10_485],
  ])('is rejected on %s with more than %i parts, and the connection can be used again', async (path, max) => {
    const fits = await sendRawAnswered(app(), `${head(path)}${parts(max - 2)}2\r\n[]\r\n0\r\n\r\n`);
    expect(fits.status).toBe(path === '/cars' ? 422 : 200);
    const answer = await sendRawAnswered(app(), `${head(path)}${parts(max + 1)}0\r\n\r\n`);
    await expectProblem(answer, 'bad-request');
    expect(answer.body).toContain('too many small parts');
  });

  it.each([
    [10, false],
    [11, true],
    [1000, true],
  ])('is recognised if its Content-Length is %i and the limit 10 parts: %s', async (length, isRejected) => {
    const request = Object.assign(new PassThrough(), { headers: { 'content-length': String(length) } });
    const rejected = vi.fn();
    request.on('error', rejected).resume();
    rejectTinyParts(request as unknown as IncomingMessage, 1000);
    for (let part = 0; part < length; part += 1) {
      request.write(' ');
      await nextTurn();
    }
    expect(rejected).toHaveBeenCalledTimes(isRejected ? 1 : 0);
  });

  it.each([
    ['GET', '/cars', 'application/json', 200],
    ['POST', '/cars', 'text/plain', 415],
    ['POST', '/nope', 'application/json', 404],
    ['DELETE', '/cars/99', 'application/json', 400],
  ])('is no trouble where nobody reads it: %s %s, %s', async (method, path, type, status) => {
    const head = rawHead(method, path, [`Content-Type: ${type}`, 'Transfer-Encoding: chunked']);
    const answer = await sendRawAnswered(app(), [head + parts(10), `${parts(20_000)}0\r\n\r\n`]);
    expect(answer.status).toBe(status);
    expect((await app().get('/healthz')).status).toBe(200);
  });
});
