/** GET /cars/counts: what it counts, its parameters, and how equal requests share a result. */

import { beforeAll, describe, expect, it } from 'vitest';
import { expectProblem } from './expect-problem.ts';
import { ENGINES, useApp } from './start-app.ts';

const CARS = [
  { brand: 'audi', model: 'A4', year: 2000 },
  { brand: 'Audi', model: 'A3', year: 2001 },
  { brand: 'Škoda "S"', model: 'a4', year: 2001 },
];

describe.each(ENGINES)('GET /cars/counts on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);
  beforeAll(async () => {
    for (const car of CARS) expect((await app().post('/cars', car)).status).toBe(201);
  });

  it.each([
    ['by=brand', '[{"value":"audi","cars":2},{"value":"Škoda \\"S\\"","cars":1}]'],
    ['by=model', '[{"value":"A4","cars":2},{"value":"A3","cars":1}]'],
    ['by=year', '[{"value":2000,"cars":1},{"value":2001,"cars":2}]'],
    ['by=brand&limit=1', '[{"value":"audi","cars":2}]'],
    ['by=brand&q=a3', '[{"value":"audi","cars":1}]'],
    ['by=year&brand=AUDI&brand=none&model=a4', '[{"value":2000,"cars":1}]'],
    ['by=year&year=1999', '[]'],
    ['yearMax=2000&by=brand', '[{"value":"audi","cars":1}]'],
  ])('?%s returns %s', async (query, body) => {
    const answer = await app().get(`/cars/counts?${query}`);
    expect([answer.status, answer.body]).toEqual([200, body]);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const etag = answer.headers.get('etag') ?? '';
    const again = await app().get(`/cars/counts?${query}`, { 'if-none-match': etag });
    expect([again.status, again.body]).toEqual([304, '']);
    const head = await app().head(`/cars/counts?${query}`);
    expect([head.status, head.body, head.headers.get('etag')]).toEqual([200, '', etag]);
  });

  it('returns the same to all who ask at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => app().get('/cars/counts?by=brand&limit=1')),
    );
    for (const { status, body } of answers)
      expect([status, body]).toEqual([200, '[{"value":"audi","cars":2}]']);
  });

  it.each([
    ['', 'by'],
    ['by=', 'by'],
    ['by=id', 'by'],
    ['by=brand_key', 'by'],
    ['by=BRAND', 'by'],
    ['by=brand,model', 'by'],
    ['by=__proto__', 'by'],
    ['by=brand&by=model', 'by'],
    ['by=brand&limit=0', 'limit'],
    ['by=brand&limit=1001', 'limit'],
    ['by=brand&q=a', 'q'],
    ['by=brand&year=1', 'year'],
    ['by=brand&sort=year', 'sort'],
    ['by=brand&cursor=x', 'cursor'],
    ['by=brand&count=exact', 'count'],
  ])('answers 400 to ?%s', async (query, parameter) => {
    await expectProblem(await app().get(`/cars/counts?${query}`), 'invalid-parameter', [{ parameter }]);
  });

  it.each(['PUT', 'PATCH', 'DELETE', 'POST'])('answers 405 to %s, as a path of its own', async (method) => {
    const answer = await app().call(method, '/cars/counts', {}, CARS[0]);
    await expectProblem(answer, 'method-not-allowed');
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
  });
});
