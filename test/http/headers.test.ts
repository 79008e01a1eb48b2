/** Header fields that are not as they must be: preconditions, idempotency keys, Host, Expect. */

import { afterEach, describe, expect, it } from 'vitest';
import { carsOf } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { rawHead, sendRawAnswered } from './raw-request.ts';
import { useApp } from './start-app.ts';

const app = useApp();
const GOLF = '{"brand":"Volkswagen","model":"Golf","year":2018}';

afterEach(async () => {
  expect((await app().get('/healthz')).status).toBe(200);
});

const NO_TAGS = [
  '1',
  '"1',
  '1"',
  "'1'",
  'w/"1"',
  'W/1',
  'W/ "1"',
  '"1" "2"',
  '"1"; "2"',
  '"1", 2',
  '"1", *',
  '*, "1"',
  '**',
  '"a b"',
  '"a""b"',
  '"\t"',
  'null',
  ',',
  '',
];

describe.each([
  { method: 'GET', body: undefined },
  { method: 'PUT', body: GOLF },
  { method: 'PATCH', body: '{}' },
  { method: 'DELETE', body: undefined },
])('$method /cars/{id}', ({ method, body = '' }) => {
  describe.each(['If-Match', 'If-None-Match'])('with %s', (field) => {
    it.each(NO_TAGS)('answers 400 to %j, which is not a list of entity tags', async (value) => {
      const { headers } = await app().post('/cars', GOLF);
      const fields = [`${field}: ${value}`];
      if (body !== '') fields.push('Content-Type: application/json', `Content-Length: ${body.length}`);
      const path = String(headers.get('location'));
      const answer = await sendRawAnswered(app(), rawHead(method, path, fields) + body);
      await expectProblem(answer, 'invalid-parameter', [{ parameter: field.toLowerCase() }]);
      expect((await app().get(path)).headers.get('etag')).toBe('"1"');
    });
  });
});

describe('POST /cars with an Idempotency-Key', () => {
  const post = (fields: readonly string[]) => {
    const head = [...fields, 'Content-Type: application/json', `Content-Length: ${GOLF.length}`];
    return sendRawAnswered(app(), rawHead('POST', '/cars', head) + GOLF);
  };
  const count = async () => carsOf(await app().get('/cars?limit=1000')).length;

  it.each([
    ['is empty', ''],
    ['has 256 characters', 'k'.repeat(256)],
    ['has 10,000 characters', 'k'.repeat(10_000)],
    ['has letters beyond ASCII', 'schl\xc3\xbcssel'],
    ['has a tab', 'a\tb'],
  ])('answers 400 and stores nothing when it %s', async (_, key) => {
    const before = await count();
    const answer = await post([`Idempotency-Key: ${key}`]);
    await expectProblem(answer, 'invalid-parameter', [{ parameter: 'idempotency-key' }]);
    expect(await count()).toBe(before);
  });

  it.each([
    ['NUL', 'a\0b'],
    ['escape', 'a\x1bb'],
    ['delete', 'a\x7fb'],
  ])('answers 400 and stores nothing when it has the control character %s', async (_, key) => {
    const before = await count();
    const answer = await post([`Idempotency-Key: ${key}`]);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await count()).toBe(before);
  });

  it.each(['k', 'k'.repeat(255), ' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ k'.trim(), '"quoted"', '0', 'a b'])(
    'accepts the key %j',
    async (key) => {
      expect((await post([`Idempotency-Key: ${key}`])).status).toBe(201);
    },
  );
});

describe('the Host header', () => {
  it('is required: a request without it is answered with 400', async () => {
    await expectProblem(await sendRawAnswered(app(), 'GET /cars HTTP/1.1\r\n\r\n'), 'bad-request');
  });

  it('is required even if the target names a host', async () => {
    const answer = await sendRawAnswered(app(), 'GET http://cars.example/cars HTTP/1.1\r\n\r\n');
    await expectProblem(answer, 'bad-request');
  });

  it('must not be repeated, even with the same value', async () => {
    for (const other of ['cars.example', 'other.example']) {
      const answer = await sendRawAnswered(app(), rawHead('GET', '/cars', [`HOST: ${other}`]));
      await expectProblem(answer, 'bad-request');
    }
  });

  it.each(['a b', 'a/b', 'user@host', '<script>', 'a"b', 'caf\xe9'])(
    'is rejected with 400 if it is %j, which is not a host',
    async (host) => {
      const answer = await sendRawAnswered(app(), `GET /cars HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await expectProblem(answer, 'bad-request');
    },
  );

  it.each(['', 'localhost', 'cars.example:8080', '127.0.0.1', '[::1]:5000', 'xn--kda.example', '_a.b~c'])(
    'may be %j',
    async (host) => {
      const answer = await sendRawAnswered(app(), `GET /cars HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect(answer.status).toBe(200);
    },
  );

  it('may be absent in HTTP/1.0', async () => {
    expect((await sendRawAnswered(app(), 'GET /cars HTTP/1.0\r\n\r\n')).status).toBe(200);
  });
});

// Proves: dns-rebinding
describe('without authentication on loopback, the Host header', () => {
  const open = useApp(undefined, { AUTH_NONE_IS_INTENDED: 'false' });
  const get = (path: string, host: string) =>
    sendRawAnswered(open(), `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);

  it.each([
    'localhost',
    'LOCALHOST:80',
    'cars.localhost:8080',
    '127.0.0.1',
    '127.8.8.8:5000',
    '[::1]:5000',
    '[0:0:0:0:0:0:0:1]',
  ])('may be %j, which names this machine', async (host) =>
    expect((await get('/cars', host)).status).toBe(200),
  );

  it.each([
    ...['rebound.example', 'rebound.example:5000', 'localhost.rebound.example', '127.0.0.1.rebound.example'],
    ...['notlocalhost', '10.0.0.1', '[::2]', ''],
  ])('is rejected if it is %j, on every path', async (host) => {
    for (const path of ['/cars', '/healthz', '/docs', '/nothing'])
      await expectProblem(await get(path, host), 'misdirected-request');
  });

  it('counts less than the host of a target in absolute form', async () => {
    await expectProblem(await get('http://rebound.example/cars', 'localhost'), 'misdirected-request');
    expect((await get('http://localhost/cars', 'rebound.example')).status).toBe(200);
  });
});

describe('the Expect header', () => {
  it.each(['200-ok', '101-continue', 'x'])('answers 417 to %s', async (expectation) => {
    const answer = await sendRawAnswered(app(), rawHead('GET', '/cars', [`Expect: ${expectation}`]));
    await expectProblem(answer, 'expectation-failed');
  });

  it('may be 100-continue: the body that follows is read', async () => {
    const fields = [
      'Content-Type: application/json',
      `Content-Length: ${GOLF.length}`,
      'Expect: 100-continue',
    ];
    const answer = await sendRawAnswered(app(), [rawHead('POST', '/cars', fields), GOLF]);
    expect(answer.status).toBe(201);
  });
});
