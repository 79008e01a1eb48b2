/** Pages of other origins: who may read answers in a browser (https://fetch.spec.whatwg.org/#http-cors-protocol). */

import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createServer } from '../../src/http/server.ts';
import { giveKey } from '../support/give-key.ts';
import type { Answer } from './answer.ts';
import { expectCommonHeaders, expectProblem } from './expect-problem.ts';
import { rawHead, sendRawAnswered } from './raw-request.ts';
import { useApp } from './start-app.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
const PAGE = 'https://app.example.com';
const EXPOSED = [
  ...[
    'Content-Disposition',
    'ETag',
    'Idempotency-Replayed',
    'Link',
    'Location',
    'RateLimit',
    'RateLimit-Policy',
  ],
  ...['Retry-After', 'WWW-Authenticate', 'X-Request-Id', 'X-Total-Count'],
];

/** The methods of `/cars/{id}`. */
const EVERY_METHOD = 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT';

/** The header fields that say something about other origins. */
function corsOf({ headers }: Answer): Record<string, string> {
  const about = [...headers].filter(([name]) => name.startsWith('access-control-'));
  const varies = (headers.get('vary') ?? '').split(', ').includes('Origin');
  return { ...Object.fromEntries(about), ...(varies && { vary: 'Origin' }) };
}

const READABLE = {
  vary: 'Origin',
  'access-control-allow-origin': PAGE,
  'access-control-expose-headers': EXPOSED.join(', '),
};

/** Answers of each way that answers are written: in one step, by Fastify, before its hooks, and those without a body. */
const CALLS: readonly [string, number, string, string, Record<string, string>?, (object | string)?][] = [
  ['a car', 200, 'GET', '/cars/1'],
  ['a list', 200, 'GET', '/cars'],
  ['the index', 200, 'GET', '/'],
  ['counts', 200, 'GET', '/cars/counts?by=year'],
  ['an export', 200, 'GET', '/cars.csv'],
  ['a history', 200, 'GET', '/cars/1/history'],
  ['a car that was made', 201, 'POST', '/cars', {}, GOLF],
  ['the same car', 304, 'GET', '/cars/1', { 'if-none-match': '"1"' }],
  ['a deletion', 204, 'DELETE', '/cars/2'],
  ['health', 200, 'GET', '/healthz'],
  ['the contract', 200, 'GET', '/openapi.json'],
  ['a broken URL', 400, 'GET', '/%'],
  ['a broken body', 400, 'POST', '/cars', {}, '{'],
  ['no such car', 404, 'GET', '/cars/99'],
  ['no such path', 404, 'GET', '/nope'],
  ['no such method', 405, 'PUT', '/cars', {}, GOLF],
];

describe('with allowed origins', () => {
  const app = useApp(undefined, { CORS_ORIGINS: `${PAGE}, http://localhost:8080` });
  beforeAll(async () => {
    await app().post('/cars', GOLF);
    await app().post('/cars', GOLF);
  });

  it.each(CALLS)('lets an allowed origin read %s', async (_, status, method, path, headers, body) => {
    const answer = await app().call(method, path, { ...headers, origin: PAGE }, body);
    expect(answer.status).toBe(status);
    expect(corsOf(answer)).toEqual(READABLE);
    expectCommonHeaders(answer);
  });

  it('returns the origin of the request, one of several', async () => {
    const answer = await app().get('/cars', { origin: 'http://localhost:8080' });
    expect(corsOf(answer)).toMatchObject({ 'access-control-allow-origin': 'http://localhost:8080' });
  });

  it.each([
    'https://app.example.com.evil.example',
    'https://evil.example?https://app.example.com',
    'https://app.example.com:8443',
    'https://app.example.com/',
    'http://app.example.com',
    'https://APP.example.com',
    'https://sub.app.example.com',
    'https://app.example.co',
    `${PAGE}, http://localhost:8080`,
    'null',
    '*',
    '',
  ])('sends only Vary to %j, which is not an allowed origin', async (origin) => {
    for (const path of ['/cars', '/cars/99']) {
      const answer = await sendRawAnswered(app(), rawHead('GET', path, [`Origin: ${origin}`]));
      expect(corsOf(answer)).toEqual({ vary: 'Origin' });
    }
    const fields = [`Origin: ${origin}`, 'Access-Control-Request-Method: PUT'];
    const preflight = await sendRawAnswered(
      app(),
      rawHead('OPTIONS', '/cars/1', [...fields, 'Connection: close']),
    );
    expect([preflight.status, preflight.headers.get('allow')]).toEqual([204, EVERY_METHOD]);
    expect(corsOf(preflight)).toEqual({ vary: 'Origin' });
  });

  it('sends Vary to requests without an origin', async () => {
    for (const path of ['/', '/cars', '/healthz', '/nope'])
      expect(corsOf(await app().get(path))).toEqual({ vary: 'Origin' });
  });

  it.each([
    ['/cars', 'POST', 'GET, HEAD, OPTIONS, POST'],
    ['/cars/1', 'PATCH', EVERY_METHOD],
    ['/cars/1', 'TRACE', EVERY_METHOD],
    ['/cars?limit=x', 'GET', 'GET, HEAD, OPTIONS, POST'],
  ])('answers a preflight for %s with what a page may send', async (path, method, methods) => {
    const asked = { origin: PAGE, 'access-control-request-method': method };
    const fields = { ...asked, 'access-control-request-headers': 'content-type,if-match,idempotency-key' };
    const answer = await app().call('OPTIONS', path, fields);
    expect([answer.status, answer.body]).toEqual([204, '']);
    expect(corsOf(answer)).toEqual({
      ...READABLE,
      'access-control-allow-methods': methods,
      'access-control-allow-headers':
        'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Api-Key, X-Request-Id',
      'access-control-max-age': '7200',
    });
    expectCommonHeaders(answer);
  });

  it('answers an OPTIONS that is no preflight like a service without CORS: 204 with Allow, or 404', async () => {
    const answer = await app().call('OPTIONS', '/cars', { origin: PAGE });
    expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
    expect(corsOf(answer)).toEqual(READABLE);
    await expectProblem(await app().call('OPTIONS', '/cars/', { origin: PAGE }), 'not-found');
    const nowhere = { origin: PAGE, 'access-control-request-method': 'GET' };
    await expectProblem(await app().call('OPTIONS', '/nope', nowhere), 'not-found');
  });

  it('never allows cookies', async () => {
    const answer = await app().get('/cars/1', { origin: PAGE, cookie: 'a=b' });
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
  });
});

describe('with authentication and a rate limit', () => {
  const app = useApp(undefined, { CORS_ORIGINS: PAGE, AUTH: 'api-key', RATE_LIMIT_READS: '1' });

  it('answers preflights without a credential and without a limit', async () => {
    const fields = { origin: PAGE, 'access-control-request-method': 'DELETE' };
    for (const _ of [1, 2, 3]) expect((await app().call('OPTIONS', '/cars/1', fields)).status).toBe(204);
  });

  it('lets a page read a 401 and a 429 with their header fields', async () => {
    const key = await giveKey(app().app.database.keys);
    const known = { origin: PAGE, 'x-api-key': key };
    const answers = [await app().get('/cars', known), await app().get('/cars', { origin: PAGE })];
    answers.push(await app().get('/cars', known));
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 429]);
    for (const answer of answers) expect(corsOf(answer)).toEqual(READABLE);
    expect(answers[1]?.headers.has('www-authenticate')).toBe(true);
    expect(answers[2]?.headers.has('retry-after')).toBe(true);
  });
});

describe('without allowed origins, the default', () => {
  const app = useApp();

  // Proves: foreign-origin
  it.each(CALLS)('lets no other origin read %s', async (_, __, method, path, headers, body) => {
    const answer = await app().call(method, path, { ...headers, origin: PAGE }, body);
    expect(corsOf(answer)).toEqual({});
  });

  it('answers a preflight like every OPTIONS, without what would let a page send more', async () => {
    const fields = { origin: PAGE, 'access-control-request-method': 'GET' };
    const answer = await app().call('OPTIONS', '/cars', fields);
    expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
    expect(corsOf(answer)).toEqual({});
  });
});

describe('an overload refusal', () => {
  it('can be read by an allowed origin', async () => {
    const server = await createServer(
      () => {},
      () => 'turn',
      { corsOrigins: [PAGE], loopbackOnly: false },
    );
    onTestFinished(async () => void (await server.close()));
    server.get('/cars', { config: { kind: 'list', scope: 'cars:read' } }, async () => 'never');
    const url = await server.listen({ host: '127.0.0.1', port: 0 });
    const response = await fetch(`${url}/cars`, { headers: { origin: PAGE } });
    expect(response.status).toBe(503);
    expect(Object.fromEntries(response.headers)).toMatchObject(READABLE);
    await response.text();
  });
});
