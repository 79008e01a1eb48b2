/** What a body may be, by its Content-Type, and what an answer may be, by Accept. */

import { afterEach, describe, expect, it } from 'vitest';
import { checkAcceptable } from '../../src/http/contract/accept.ts';
import { expectLinearTime } from '../support/expect-linear-time.ts';
import type { Answer } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { rawHead, sendRawAnswered } from './raw-request.ts';
import { useApp } from './start-app.ts';

const app = useApp();
const GOLF = '{"brand":"Volkswagen","model":"Golf","year":2018}';

afterEach(async () => {
  expect((await app().get('/healthz')).status).toBe(200);
});

const JSON_TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=UTF-8',
  'Application/JSON',
  'application/json ; charset="utf-8"',
  'application/json;charset=utf8',
  'application/json; version=2',
  'application/json; profile="https://example.com/cars"; charset=UTF-8',
];
const MERGE_PATCH_TYPES = ['application/merge-patch+json', 'Application/Merge-Patch+JSON; charset=utf-8'];
const OTHER_TYPES = [
  'text/plain',
  'text/json',
  'application/xml',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/jsonx',
  'application/json-patch+json',
  'application/vnd.api+json',
  'application/problem+json',
  'application/*',
  '*/*',
  'json',
  'application/',
  '/',
  'x'.repeat(5000),
  'text/plain; application/json',
];

const OTHER_CHARSETS = [
  'iso-8859-1',
  'utf-16',
  'UTF-16LE',
  '"latin1"',
  'utf-7',
  'us-ascii',
  'utf-88',
  '',
  '"',
];

async function createCar(): Promise<string> {
  const { headers } = await app().post('/cars', GOLF);
  return String(headers.get('location'));
}

describe.each([
  { method: 'POST', status: 201, read: JSON_TYPES, refused: MERGE_PATCH_TYPES },
  { method: 'PUT', status: 200, read: JSON_TYPES, refused: MERGE_PATCH_TYPES },
  { method: 'PATCH', status: 200, read: [...JSON_TYPES, ...MERGE_PATCH_TYPES], refused: [] },
])('$method', ({ method, status, read, refused }) => {
  const path = async () => (method === 'POST' ? '/cars' : await createCar());

  /** The detail says what to send, and a header field lists it: each method has its own. */
  function expectAcceptedTypes({ headers, body }: Answer): void {
    const types = method === 'PATCH' ? MERGE_PATCH_TYPES.slice(0, 1) : [];
    types.push('application/json');
    expect(JSON.parse(body).detail).toContain(`Send Content-Type: ${types.join(' or ')}.`);
    const fields = ['accept-post', 'accept-patch', 'accept'].map((name) => [name, headers.get(name)]);
    const own = { POST: 'accept-post', PATCH: 'accept-patch' }[method] ?? 'accept';
    expect(Object.fromEntries(fields)).toEqual({
      'accept-post': null,
      'accept-patch': null,
      accept: null,
      [own]: types.join(', '),
    });
  }

  it.each(read)('accepts %s', async (type) => {
    const answer = await app().call(method, await path(), { 'content-type': type }, GOLF);
    expect(answer.status).toBe(status);
  });

  it.each([...refused, ...OTHER_TYPES])('answers 415 to %s', async (type) => {
    const answer = await app().call(method, await path(), { 'content-type': type }, GOLF);
    await expectProblem(answer, 'unsupported-media-type');
    expectAcceptedTypes(answer);
  });

  it.each(OTHER_CHARSETS)('answers 415 to the charset %s', async (charset) => {
    for (const parameters of [
      `charset=${charset}`,
      `x=1;Charset=${charset}`,
      `charset=utf-8; charset=${charset}`,
    ]) {
      const type = `application/json; ${parameters}`;
      const answer = await app().call(method, await path(), { 'content-type': type }, GOLF);
      await expectProblem(answer, 'unsupported-media-type');
      expectAcceptedTypes(answer);
    }
  });

  it('answers 415 to a body without a Content-Type', async () => {
    const answer = await app().call(method, await path(), {}, Buffer.from(GOLF));
    await expectProblem(answer, 'unsupported-media-type');
    expectAcceptedTypes(answer);
  });

  it('answers 415 to an empty Content-Type', async () => {
    const head = rawHead(method, await path(), ['Content-Type:', `Content-Length: ${GOLF.length}`]);
    await expectProblem(await sendRawAnswered(app(), head + GOLF), 'unsupported-media-type');
  });

  it('accepts a body with the Content-Encoding "identity"', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'Identity' };
    expect((await app().call(method, await path(), headers, GOLF)).status).toBe(status);
  });
});

describe('a DELETE', () => {
  it.each([
    ['a Content-Type and no body', { 'content-type': 'application/json' }, undefined],
    ['a body, which it does not read', { 'content-type': 'application/json' }, '{'],
    ['another Content-Type and no body', { 'content-type': 'text/plain' }, undefined],
    ['a body of another type', { 'content-type': 'application/merge-patch+json' }, '{}'],
    ['a body without a type', {}, 'x'],
    ['a Content-Encoding', { 'content-encoding': 'gzip' }, undefined],
  ])('deletes the car even if it has %s', async (_, headers, body) => {
    const path = await createCar();
    expect((await app().call('DELETE', path, headers, body)).status).toBe(204);
    expect((await app().get(path)).status).toBe(404);
  });

  it('deletes the car even if its body is an empty sequence of chunks', async () => {
    const path = await createCar();
    const head = rawHead('DELETE', path, ['Transfer-Encoding: chunked', 'Connection: close']);
    expect((await sendRawAnswered(app(), `${head}0\r\n\r\n`)).status).toBe(204);
  });
});

describe('a GET', () => {
  it('may have header fields of a body it does not have', async () => {
    const headers = { 'content-type': 'text/plain', 'content-encoding': 'gzip' };
    expect((await app().get('/cars', headers)).status).toBe(200);
  });
});

describe.each([
  { method: 'GET', path: '/cars', body: undefined },
  { method: 'POST', path: '/cars', body: GOLF },
  { method: 'GET', path: '/cars/1', body: undefined },
  { method: 'PUT', path: '/cars/1', body: GOLF },
  { method: 'PATCH', path: '/cars/1', body: '{}' },
  { method: 'GET', path: '/cars/1/history', body: undefined },
  { method: 'HEAD', path: '/cars', body: undefined },
])('the response to $method $path', ({ method, path, body }) => {
  const send = async (accept: string) => {
    await createCar();
    return app().call(method, path, { accept }, body);
  };

  it.each([
    'application/json',
    'application/*',
    '*/*',
    'text/html, application/json;q=0.1',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'application/problem+json, application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8;q=0.5',
    'application/json; q=0.001',
    'application/json;profile="a, b;c\\"";q=1',
    'application/*; x="',
    'text/*;q=0, application/json',
    'application/*;q=0, application/json',
    'application/json;q=0;x=1, application/json',
    'application/problem+json',
    'application/problem+json; charset=utf-8',
    'text/html, application/problem+json;q=0.1',
    ', ,application/json',
  ])('is sent with Accept: %s', async (accept) => {
    expect((await send(accept)).status).not.toBe(406);
  });

  it.each([
    'text/html',
    'text/*',
    'application/xml, text/plain',
    'application/json;q=0',
    'application/json; charset=utf-8; Q=0.000',
    'application/json;q=0, */*',
    'application/*;q=0, */*',
    'application/problem+json;q=0',
    'text/html;x="application/json, application/json"',
    'text/html;x=", application/json',
    ';;;',
    'json',
    ', ,',
  ])('is 406 with Accept: %s', async (accept) => {
    const answer = await send(accept);
    if (method === 'HEAD') expect(answer.status).toBe(406);
    else await expectProblem(answer, 'not-acceptable');
  });
});

describe('a response without a body', () => {
  it.each(['application/problem+json', 'text/html', 'application/json;q=0', ';;;'])(
    'is sent whatever the client accepts: %s',
    async (accept) => {
      const path = await createCar();
      expect((await app().get(path, { accept: '*/*', 'if-none-match': '*' })).status).toBe(304);
      expect((await app().call('OPTIONS', path, { accept })).status).toBe(204);
      expect((await app().delete(path, { accept })).status).toBe(204);
      await expectProblem(await app().delete(path, { accept }), 'car-not-found');
    },
  );
});

describe('a long Accept header', () => {
  it.each([
    ['media ranges', 'a/b,', ''],
    ['quotes', '"', ''],
    ['escaped quotes', '\\"', 'a/b;x="'],
    ['quoted commas', '",",', ''],
    ['parameters', ';q=1', 'a/b'],
    ['blanks', ' ', 'a/b;'],
  ])('of many %s takes linear time', (_, part, start) => {
    expectLinearTime(20_000, (length) => {
      const accept = start + part.repeat(length / part.length);
      return () => expect(() => checkAcceptable(accept, 'application/json')).toThrow();
    });
  });
});

describe('the response to GET /create-table', () => {
  it('is sent to a client that accepts text, and 406 if it accepts only JSON', async () => {
    expect((await app().get('/create-table', { accept: 'text/plain' })).status).toBe(200);
    for (const accept of ['application/json', 'application/*', 'text/html'])
      await expectProblem(await app().get('/create-table', { accept }), 'not-acceptable');
  });

  it('is sent to a client that accepts only what every operation documents: problem documents', async () => {
    const accept = 'application/problem+json';
    for (const method of ['GET', 'HEAD'])
      expect((await app().call(method, '/create-table', { accept })).status).toBe(200);
  });
});
