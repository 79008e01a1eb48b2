/** What every answer has: an id, header fields for security, and for HEAD what GET would have. */

import { beforeAll, describe, expect, it } from 'vitest';
import { lastingHeaders } from './answer.ts';
import { expectCommonHeaders } from './expect-problem.ts';
import { rawHead, sendRawAnswered } from './raw-request.ts';
import { useApp } from './start-app.ts';

const app = useApp();
const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

beforeAll(async () => {
  await app().post('/cars', GOLF);
});

const PATHS = [
  '/cars',
  '/cars?count=exact&limit=1',
  '/cars/1',
  '/create-table',
  '/healthz',
  '/readyz',
  '/openapi.json',
  '/docs',
  '/docs/start.js',
  '/docs/swagger-ui.css',
  '/docs/swagger-ui-bundle.js',
  '/docs/problems/not-found',
];

// Proves: sniffing-and-caching
describe('every response', () => {
  it.each([...PATHS, '/cars/0', '/cars/99', '/nope', '/cars?x=1'])(
    'has the security headers and does not name the server: GET %s',
    async (path) => {
      expectCommonHeaders(await app().get(path));
    },
  );

  it('has the security headers after a write, and without a body', async () => {
    const answers = [
      await app().post('/cars', GOLF),
      await app().put('/cars/2', GOLF),
      await app().patch('/cars/2', {}),
      await app().get('/cars/2', { 'if-none-match': '*' }),
      await app().delete('/cars/2'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 304, 204]);
    for (const answer of answers) expectCommonHeaders(answer);
  });
});

describe('HEAD', () => {
  it.each(PATHS)('%s has the header fields of GET and no body', async (path) => {
    const got = await app().get(path, { 'accept-encoding': 'identity' });
    const headed = await sendRawAnswered(app(), rawHead('HEAD', path));
    expect([got.status, headed.status, headed.body]).toEqual([200, 200, '']);
    // The length is that of the body which GET would have.
    const length = String(Buffer.byteLength(got.body));
    expect(lastingHeaders(headed)).toMatchObject({ 'content-length': length });
    expect(lastingHeaders(headed)).toEqual(lastingHeaders(got));
  });

  it.each(['/cars/0', '/cars/99', '/nope', '/cars?limit=0'])('%s has the status of GET', async (path) => {
    const got = await app().get(path);
    const headed = await sendRawAnswered(app(), rawHead('HEAD', path));
    expect([headed.status, headed.body]).toEqual([got.status, '']);
    expect(headed.headers.get('content-type')).toBe('application/problem+json');
  });
});

describe('X-Request-Id', () => {
  it.each([
    'a',
    '42',
    'x'.repeat(128),
    '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    'Root=1-67891233-abcdef012345678912345678',
  ])("is the client's own if it is visible ASCII: %s", async (id) => {
    const answer = await app().get('/healthz', { 'x-request-id': id });
    expect(answer.headers.get('x-request-id')).toBe(id);
    const refused = await app().get('/cars/0', { 'x-request-id': id });
    expect(refused.headers.get('x-request-id')).toBe(id);
    const { instance } = JSON.parse(refused.body);
    expect(decodeURIComponent(instance)).toBe(`urn:cars-api:request:${id}`);
    expect(URL.canParse(instance)).toBe(true);
  });

  it.each([
    ['is empty', 'X-Request-Id:'],
    ['is longer than 128 characters', `X-Request-Id: ${'x'.repeat(129)}`],
    ['has a blank', 'X-Request-Id: a b'],
    ['has a tab', 'X-Request-Id: a\tb'],
    ['has letters beyond ASCII', 'X-Request-Id: caf\xc3\xa9'],
    ['is given twice', 'X-Request-Id: a\r\nX-Request-Id: b'],
  ])("is a new one if the client's %s", async (_, field) => {
    const ids = [];
    for (let times = 0; times < 2; times += 1) {
      const answer = await sendRawAnswered(app(), rawHead('GET', '/healthz', [field]));
      ids.push(answer.headers.get('x-request-id'));
      expect(ids.at(-1)).toMatch(UUID);
    }
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('is a new one if the client sends none, even for a request that is not HTTP', async () => {
    expect((await app().get('/healthz')).headers.get('x-request-id')).toMatch(UUID);
    const answer = await sendRawAnswered(app(), 'nonsense\r\n\r\n');
    expect(answer.headers.get('x-request-id')).toMatch(UUID);
  });
});
