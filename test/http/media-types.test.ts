/** What a body may be, by its Content-Type, and what an answer may be, by Accept. */

import { afterEach, describe, expect, it } from 'vitest';
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

  it.each(read)('accepts %s', async (type) => {
    const answer = await app().call(method, await path(), { 'content-type': type }, GOLF);
    expect(answer.status).toBe(status);
  });

  it.each([...refused, ...OTHER_TYPES])('answers 415 to %s', async (type) => {
    const answer = await app().call(method, await path(), { 'content-type': type }, GOLF);
    await expectProblem(answer, 'unsupported-media-type');
  });

  it('answers 415 to a body without a Content-Type', async () => {
    const answer = await app().call(method, await path(), {}, Buffer.from(GOLF));
    await expectProblem(answer, 'unsupported-media-type');
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
  ])('deletes the car even if it has %s', async (_, headers, body) => {
    const path = await createCar();
    expect((await app().call('DELETE', path, headers, body)).status).toBe(204);
    expect((await app().get(path)).status).toBe(404);
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
  { method: 'DELETE', path: '/cars/9999', body: undefined },
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
  ])('is sent with Accept: %s', async (accept) => {
    expect((await send(accept)).status).not.toBe(406);
  });

  it.each([
    'text/html',
    'text/*',
    'application/xml, text/plain',
    'application/json;q=0',
    ';;;',
    'json',
    ', ,',
  ])('is 406 with Accept: %s', async (accept) => {
    await expectProblem(await send(accept), 'not-acceptable');
  });
});

describe('the response to GET /create-table', () => {
  it('is sent to a client that accepts text, and 406 if it accepts only JSON', async () => {
    expect((await app().get('/create-table', { accept: 'text/plain' })).status).toBe(200);
    await expectProblem(await app().get('/create-table', { accept: 'application/json' }), 'not-acceptable');
  });
});
