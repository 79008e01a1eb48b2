/** Paths and methods: ids that are none, paths that are not there, methods that a path lacks. */

import { afterEach, describe, expect, it } from 'vitest';
import { expectCommonHeaders, expectProblem } from './expect-problem.ts';
import { rawHead, sendRawAnswered } from './raw-request.ts';
import { useApp } from './start-app.ts';

const app = useApp();
const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };

afterEach(async () => {
  expect((await app().get('/healthz')).status).toBe(200);
});

const NO_IDS = [
  '0',
  '00',
  '01',
  '+1',
  '%2B1',
  '-1',
  '-0',
  '1.0',
  '1.5',
  '1e3',
  '0x1',
  '1_000',
  '1,2',
  '1;2',
  '9007199254740992',
  '18446744073709551616',
  '1'.repeat(400),
  'abc',
  'null',
  'NaN',
  'Infinity',
  '%00',
  '1%00',
  '%20',
  '%201',
  '1%20',
  '1%0A',
  '1%2F2',
  '..%2F1',
  '%27%20OR%201=1--',
  '%D9%A1',
  '%EF%BC%91',
  '%F0%9F%9A%97',
  '__proto__',
  'constructor',
  '1'.repeat(5000),
  'x'.repeat(5000),
];
const BROKEN_ENCODING = ['%', '%f', '%zz', '%ff', '%c3', '%c0%af', '%ed%a0%80', '1%'];

describe.each([
  { method: 'GET', body: undefined },
  { method: 'PUT', body: GOLF },
  { method: 'PATCH', body: GOLF },
  { method: 'DELETE', body: undefined },
])('$method /cars/{id}', ({ method, body }) => {
  it.each(NO_IDS.map((id) => ({ id, shown: id.slice(0, 40) })))(
    'answers 400 to "$shown", which is not an id',
    async ({ id }) => {
      const answer = await app().call(method, `/cars/${id}`, {}, body);
      await expectProblem(answer, 'invalid-parameter', [{ parameter: 'id' }]);
    },
  );

  it.each(BROKEN_ENCODING)('answers 400 to "%s", which is not percent-encoded UTF-8', async (id) => {
    await expectProblem(await app().call(method, `/cars/${id}`, {}, body), 'bad-request');
  });

  it.each(['1', '4294967296', '9007199254740991'])('answers 404 to %s if no car has that id', async (id) => {
    await expectProblem(await app().call(method, `/cars/${id}`, {}, body), 'car-not-found');
  });
});

describe('a path that does not exist', () => {
  it.each([
    '/car',
    '/CARS',
    '/Cars/1',
    '//cars',
    '/cars/',
    '/cars/?limit=1',
    '/cars//',
    '/cars//1',
    '/cars//history',
    '/cars//history?limit=1',
    '/cars//x',
    '/cars/1/',
    '/cars/1//history',
    '/cars/1/history/',
    '/cars/1/x',
    '/docs/problems/',
    '/docs/problems//not-found',
    '/healthz/',
    '/page',
    '/page/',
    '/create-table/x',
    '/docs/',
    '/docs/swagger-ui.js',
    '/docs/problems',
    '/docs/problems/nope',
    '/docs/problems/__proto__',
    '/docs/problems/constructor',
    '/openapi.yaml',
    '/favicon.ico',
    '/.env',
    '/../package.json',
    '/docs/../../package.json',
    '/docs/..%2f..%2fpackage.json',
    '/docs/problems/..%2f..%2fpackage.json',
    '/%2e%2e/package.json',
    '/__proto__',
    `/${'x'.repeat(5000)}`,
  ])('is answered with 404: %s', async (path) => {
    await expectProblem(await sendRawAnswered(app(), rawHead('GET', path)), 'not-found');
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'is answered with 404 to %s, too',
    async (method) => {
      for (const path of ['/trucks', '/cars/', '/cars//history'])
        await expectProblem(await app().call(method, path, {}), 'not-found');
    },
  );

  it('is answered with 404 even if the body is invalid', async () => {
    await expectProblem(await app().post('/trucks', '{'), 'not-found');
    await expectProblem(await app().post('/trucks', 'x', { 'content-type': 'text/plain' }), 'not-found');
    await expectProblem(await app().post('/trucks', 'x'.repeat(100_000)), 'not-found');
  });
});

const ALLOWED = {
  '/cars': 'GET, HEAD, OPTIONS, POST',
  // Escapes of unreserved characters make no other path (RFC 3986, section 6.2.2.2).
  '/%63ars': 'GET, HEAD, OPTIONS, POST',
  '/cars/c%6funts': 'GET, HEAD, OPTIONS',
  '/cars/%63ounts': 'GET, HEAD, OPTIONS',
  '/cars/1': 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT',
  '/cars/abc': 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT',
  '/create-table': 'GET, HEAD, OPTIONS',
  '/healthz': 'GET, HEAD, OPTIONS',
  '/readyz': 'GET, HEAD, OPTIONS',
  '/openapi.json': 'GET, HEAD, OPTIONS',
  '/docs': 'GET, HEAD, OPTIONS',
  '/docs/start.js': 'GET, HEAD, OPTIONS',
  '/docs/problems/not-found': 'GET, HEAD, OPTIONS',
};
const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE', 'PROPFIND'];

describe.each(Object.entries(ALLOWED))('%s', (path, allow) => {
  it.each(METHODS.filter((method) => !allow.split(', ').includes(method)))(
    `answers 405 to %s and allows exactly ${allow}`,
    async (method) => {
      const answer = await sendRawAnswered(app(), rawHead(method, path));
      await expectProblem(answer, 'method-not-allowed');
      expect(answer.headers.get('allow')).toBe(allow);
    },
  );

  it('answers 204 to OPTIONS, with the same list', async () => {
    for (const target of [path, `${path}?x=1`]) {
      const answer = await app().call('OPTIONS', target, { accept: 'text/html' });
      expect([answer.status, answer.body, answer.headers.get('allow')]).toEqual([204, '', allow]);
      expectCommonHeaders(answer);
      const accepted = ['accept-post', 'accept-patch'].map((name) => answer.headers.get(name));
      expect(accepted).toEqual([
        allow.includes('POST') ? 'application/json' : null,
        allow.includes('PATCH') ? 'application/merge-patch+json, application/json' : null,
      ]);
    }
  });

  it('answers 405 even if the body is invalid', async () => {
    const method = allow.includes('PUT') ? 'POST' : 'PUT';
    const answer = await app().call(method, path, { 'content-type': 'text/plain' }, 'x');
    await expectProblem(answer, 'method-not-allowed');
  });
});
