/** Header fields that may occur only once: a second one is 400, whatever Node makes of it (RFC 9110, section 5.3). */

import { describe, expect, it } from 'vitest';
import { rejectRepeatedFields } from '../../src/http/wire/singleton-fields.ts';
import { expectLinearTime } from '../support/expect-linear-time.ts';
import { carsOf, parseBody } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { rawHead, sendRawAnswered } from './raw-request.ts';
import { useApp } from './start-app.ts';

const app = useApp();
const GOLF = '{"brand":"Volkswagen","model":"Golf","year":2018}';
const BODY = ['Content-Type: application/json', `Content-Length: ${GOLF.length}`];

const count = async () => carsOf(await app().get('/cars?limit=1000')).length;

const ONCE: readonly [name: string, value: string, other: string][] = [
  ['Access-Control-Request-Method', 'PUT', 'GET'],
  ['Authorization', 'Bearer a', 'Bearer b'],
  ['Content-Location', '/a', '/b'],
  ['Content-Range', 'bytes 0-1/2', 'bytes 1-1/2'],
  ['Content-Type', 'application/json', 'text/plain'],
  ['Date', 'Wed, 25 Nov 2026 18:00:00 GMT', 'Wed, 25 Nov 2026 19:00:00 GMT'],
  ['From', 'a@example.com', 'b@example.com'],
  ['Host', 'cars.example', 'other.example'],
  ['Idempotency-Key', 'one', 'two'],
  ['If-Modified-Since', 'Wed, 25 Nov 2026 18:00:00 GMT', 'Wed, 25 Nov 2026 19:00:00 GMT'],
  ['If-Range', '"1"', '"2"'],
  ['If-Unmodified-Since', 'Wed, 25 Nov 2026 18:00:00 GMT', 'Wed, 25 Nov 2026 19:00:00 GMT'],
  ['Max-Forwards', '1', '2'],
  ['Origin', 'https://a.example', 'https://b.example'],
  ['Proxy-Authorization', 'Basic YQ==', 'Basic Yg=='],
  ['Range', 'bytes=0-1', 'bytes=1-2'],
  ['Referer', 'https://a.example/', 'https://b.example/'],
  ['Traceparent', `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, `00-${'3'.repeat(32)}-${'4'.repeat(16)}-01`],
  ['User-Agent', 'a', 'b'],
  ['X-API-Key', 'one', 'two'],
  ['X-Request-Id', 'one', 'two'],
];

describe.each(ONCE)('the header field %s', (name, value, other) => {
  it.each([
    ['with the same value', name, value],
    ['with another value', name, other],
    ['in other letters', name.toUpperCase(), value],
    ['without a value', name.toLowerCase(), ''],
  ])('may not be repeated %s', async (_, second, secondValue) => {
    const before = await count();
    // The head of a raw request has a Host.
    const first = name === 'Host' ? [] : [`${name}: ${value}`];
    const others = BODY.filter((field) => !field.startsWith(`${name}:`));
    const fields = [...first, ...others, 'X-Other: 1', `${second}: ${secondValue}`];
    const answer = await sendRawAnswered(app(), rawHead('POST', '/cars', fields) + GOLF);
    await expectProblem(answer, 'bad-request');
    expect(parseBody(answer)).toMatchObject({ detail: `The header field ${second} is repeated.` });
    expect(await count()).toBe(before);
  });
});

describe('a repeated header field', () => {
  // Proves: repeated-fields
  it('is rejected on every path and method', async () => {
    const twice = ['X-Request-Id: a', 'X-Request-Id: a'];
    for (const [method, path] of [
      ['GET', '/cars'],
      ['GET', '/cars/1/history'],
      ['DELETE', '/cars/1'],
      ['OPTIONS', '/cars'],
      ['GET', '/healthz'],
      ['GET', '/openapi.json'],
      ['GET', '/nowhere'],
    ] as const)
      await expectProblem(await sendRawAnswered(app(), rawHead(method, path, twice)), 'bad-request');
  });

  it('is rejected for Content-Length, too', async () => {
    const fields = [...BODY, `Content-Length: ${GOLF.length}`];
    const answer = await sendRawAnswered(app(), rawHead('POST', '/cars', fields) + GOLF);
    await expectProblem(answer, 'bad-request');
  });

  it.each([
    [900, 'bad-request'],
    // Node rejects more than 1000 fields instead of dropping some.
    [1500, 'header-fields-too-large'],
  ] as const)('is not missed behind %i other fields', async (length, problem) => {
    const before = await count();
    const others = Array.from({ length }, (_, index) => `${(index % 36).toString(36)}:`);
    const fields = [...BODY, 'Idempotency-Key: a', ...others, 'Idempotency-Key: b'];
    const answer = await sendRawAnswered(app(), rawHead('POST', '/cars', fields) + GOLF);
    await expectProblem(answer, problem);
    expect(await count()).toBe(before);
  });

  it.each([
    [['If-Match: "7"', 'If-Match: "1"'], 200],
    [['If-None-Match: "7"', 'If-None-Match: "1"'], 304],
    [['Accept: text/html', 'Accept: application/json'], 200],
    [['Cookie: a=1', 'Cookie: a=2'], 200],
    [['X-Forwarded-For: 10.0.0.1', 'X-Forwarded-For: 10.0.0.2'], 200],
    [['Via: 1.1 a', 'Via: 1.1 b'], 200],
    [['Tracestate: a=1', 'Tracestate: b=2'], 200],
  ])('is fine if it is a list: %j', async (fields, status) => {
    const { headers } = await app().post('/cars', GOLF);
    const path = String(headers.get('location'));
    const head = rawHead('GET', path, [...fields, 'Connection: close']);
    expect((await sendRawAnswered(app(), head)).status).toBe(status);
  });

  it.each(['If-Match', 'If-None-Match'])('is 400 if it is %s: *, which is no list', async (name) => {
    const answer = await sendRawAnswered(app(), rawHead('GET', '/cars/1', [`${name}: *`, `${name}: *`]));
    await expectProblem(answer, 'invalid-parameter', [{ parameter: name.toLowerCase() }]);
  });

  it.each(['x', 'x-forwarded-for', '__proto__'])(
    'is looked for in linear time among many fields %s',
    (name) => {
      expectLinearTime(5000, (length) => {
        const rawHeaders = Array.from({ length }, () => [name, '1']).flat();
        const request = { headers: { [name]: '1' }, rawHeaders } as Parameters<
          typeof rejectRepeatedFields
        >[0];
        return () => rejectRepeatedFields(request);
      });
    },
  );
});
