/** Parameters of the query that no route has, or that have a value they cannot have. */

import { afterEach, describe, expect, it } from 'vitest';
import { expectProblem } from './expect-problem.ts';
import { useApp } from './start-app.ts';

const app = useApp();
const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };

afterEach(async () => {
  expect((await app().get('/healthz')).status).toBe(200);
});

const REFUSED = {
  limit: [
    '',
    '0',
    '1001',
    '-1',
    '1.5',
    '1.0',
    '%2B5',
    '+5',
    '1e2',
    '010',
    'abc',
    '5%20',
    '99999999999999999999',
  ],
  year: ['', '1885', '2101', '2018.0', '02018', 'abc', '%002018'],
  yearMin: ['', '1885', '2101', 'x', '-2018'],
  yearMax: ['', '1885', '2101', 'x', '1e3'],
  brand: [
    '',
    '%20',
    '+',
    '%E3%80%80',
    'x'.repeat(101),
    '%F0%9F%9A%97'.repeat(101),
    'a%00b',
    '%0AAudi',
    'a%C2%85b',
  ],
  model: ['', '%20', 'x'.repeat(101), 'a%7Fb'],
  q: [
    '',
    'x',
    '%20x%20',
    '%F0%9F%9A%97',
    // Two code points that are one after NFC.
    'e%CC%81',
    '%20%20%20',
    'x'.repeat(101),
    'ab%00',
    '%0Aab',
    'a%C2%85',
  ],
  sort: [
    '',
    'color',
    '-',
    '--year',
    '%2Byear',
    'YEAR',
    'year,',
    ',year',
    'year,,brand',
    'year;brand',
    'year%20desc',
    '%20year',
    'year%20',
    'year,year',
    'year,-year',
    'id,id',
    'brand,year,brand',
    'brand,model,year,id',
    '__proto__',
    'year,'.repeat(1000),
    'version',
  ],
  count: ['', 'yes', 'true', 'EXACT', 'exact,exact', '%20exact'],
  cursor: [''],
};

describe('GET /cars', () => {
  it.each(
    Object.entries(REFUSED).flatMap(([parameter, values]) =>
      values.map((value) => ({ parameter, value, shown: value.slice(0, 40) })),
    ),
  )('answers 400 to $parameter=$shown', async ({ parameter, value }) => {
    const answer = await app().get(`/cars?${parameter}=${value}`);
    const { errors } = JSON.parse(answer.body);
    // One value may break two rules: an empty text is too short, and blank.
    await expectProblem(answer, 'invalid-parameter', Array(errors.length).fill({ parameter }));
  });

  it.each(['%20', '+', '%E3%80%80'])('rejects the cursor "%s" as invalid', async (cursor) => {
    await expectProblem(await app().get(`/cars?cursor=${cursor}`), 'invalid-cursor', [
      { parameter: 'cursor' },
    ]);
  });

  it.each([
    'offset=5',
    'page=2',
    'Limit=5',
    'LIMIT=5',
    'year[]=2018',
    'year%5Bgt%5D=2018',
    'brand.eq=Audi',
    'id=1',
    'limit%00=5',
    '=5',
    'limit%20=5',
  ])('answers 400 to the unknown parameter of ?%s', async (query) => {
    const name = decodeURIComponent(query.split('=')[0] ?? '');
    const answer = await app().get(`/cars?${query}`);
    await expectProblem(answer, 'invalid-parameter', [{ parameter: name }]);
  });

  it.each(['limit', 'yearMin', 'yearMax', 'q', 'sort', 'count', 'cursor', 'unknown'])(
    'answers 400 if %s is repeated, with equal values or not',
    async (parameter) => {
      for (const query of [`${parameter}=1&${parameter}=1`, `${parameter}=1&${parameter}=2&limit=5`]) {
        if (parameter === 'limit' && query.includes('limit=5')) continue;
        await expectProblem(await app().get(`/cars?${query}`), 'invalid-parameter', [{ parameter }]);
      }
    },
  );

  it.each(['brand', 'model', 'year'])(
    'accepts %s up to 20 times, and checks each value',
    async (parameter) => {
      const times = (count: number) => Array.from({ length: count }, () => `${parameter}=2000`).join('&');
      expect((await app().get(`/cars?${times(20)}`)).status).toBe(200);
      for (const query of [times(21), `${times(19)}&${parameter}=`, `${parameter}=&${parameter}=%00`]) {
        await expectProblem(await app().get(`/cars?${query}`), 'invalid-parameter', [{ parameter }]);
      }
    },
  );

  it('detects a repeated parameter in any encoding', async () => {
    const answer = await app().get('/cars?limit=5&%6Cimit=5');
    await expectProblem(answer, 'invalid-parameter', [{ parameter: 'limit' }]);
  });

  it.each(['brand=%', 'brand=%ff', 'brand=%c3', 'brand=%ed%a0%80', '%ff=1', 'limit=5&x%=1'])(
    'answers 400 to ?%s, which is not percent-encoded UTF-8',
    async (query) => {
      await expectProblem(await app().get(`/cars?${query}`), 'bad-request');
    },
  );

  it('lists every fault, up to 20', async () => {
    const two = await app().get('/cars?limit=0&year=1');
    await expectProblem(two, 'invalid-parameter', [{ parameter: 'year' }, { parameter: 'limit' }]);
    const many = await app().get(
      `/cars?${Array.from({ length: 100 }, (_, index) => `x${index}=`).join('&')}`,
    );
    expect(JSON.parse(many.body).errors).toHaveLength(20);
    expect(many.status).toBe(400);
  });

  it('answers 400 to more than 100 parameters, whatever they are', async () => {
    const query = (count: number, name: (index: number) => string) =>
      Array.from({ length: count }, (_, index) => `${name(index)}=1`).join('&');
    for (const path of ['/cars', '/cars/1', '/healthz', '/docs']) {
      const answer = await app().get(`${path}?${query(101, () => 'year')}`);
      await expectProblem(answer, 'invalid-parameter');
      expect(JSON.parse(answer.body).detail).toBe('The query has more than 100 parameters.');
    }
    const repeated = await app().get(`/cars?${query(100, (index) => `x${index % 50}`)}`);
    expect(JSON.parse(repeated.body).errors[0]).toEqual({ parameter: 'x0', detail: 'is repeated' });
  });

  it.each(['?', '?&', '?&&limit=5&'])('accepts %s', async (query) => {
    expect((await app().get(`/cars${query}`)).status).toBe(200);
  });
});

describe.each([
  { method: 'GET', path: '/cars', body: undefined },
  { method: 'POST', path: '/cars', body: GOLF },
  { method: 'GET', path: '/cars/1', body: undefined },
  { method: 'PUT', path: '/cars/1', body: GOLF },
  { method: 'PATCH', path: '/cars/1', body: GOLF },
  { method: 'DELETE', path: '/cars/1', body: undefined },
  { method: 'GET', path: '/create-table', body: undefined },
  { method: 'GET', path: '/healthz', body: undefined },
  { method: 'GET', path: '/readyz', body: undefined },
  { method: 'GET', path: '/openapi.json', body: undefined },
  { method: 'GET', path: '/docs', body: undefined },
  { method: 'GET', path: '/docs/start.js', body: undefined },
  { method: 'GET', path: '/docs/problems/not-found', body: undefined },
])('$method $path', ({ method, path, body }) => {
  it.each(['color', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'a/b', 'a~1b'])(
    'answers 400 to the parameter %s',
    async (parameter) => {
      const answer = await app().call(method, `${path}?${parameter}=red`, {}, body);
      await expectProblem(answer, 'invalid-parameter', [{ parameter }]);
    },
  );
});
