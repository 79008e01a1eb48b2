/** GET /cars: what the filters find, in which order, how many, and what the header fields say. */

import { beforeAll, describe, expect, it } from 'vitest';
import { carsOf } from './answer.ts';
import { ENGINES, useApp } from './start-app.ts';

/** In the order of their ids, from 1. */
const CARS = [
  { brand: 'Audi', model: 'A4', year: 2000 },
  { brand: 'audi', model: 'a4', year: 2010 },
  { brand: 'Škoda', model: 'Octavia', year: 2005 },
  { brand: 'ŠKODA', model: 'Fabia', year: 2010 },
  { brand: 'Zastava', model: 'Yugo', year: 1980 },
  { brand: 'Éclair', model: '100 % & "co"', year: 1999 },
  { brand: '🚗', model: '🚙', year: 2021 },
  { brand: 'Straße', model: 'Eins', year: 1886 },
  { brand: 'Audi', model: 'A4', year: 2100 },
];

describe.each(ENGINES)('GET /cars on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);
  beforeAll(async () => {
    for (const car of CARS) expect((await app().post('/cars', car)).status).toBe(201);
  });

  const idsOf = async (query: string) => carsOf(await app().get(`/cars?${query}`)).map(({ id }) => id);

  it('returns all cars by id, as a bare array of cars with four members', async () => {
    const answer = await app().get('/cars');
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.body.startsWith('[{"brand":"Audi","id":1,"model":"A4","year":2000},')).toBe(true);
    expect(carsOf(answer)).toEqual(CARS.map((car, index) => ({ ...car, id: index + 1 })));
  });

  it.each([
    ['brand=Audi', [1, 2, 9]],
    ['brand=AUDI', [1, 2, 9]],
    ['brand=%20audi%20', [1, 2, 9]],
    ['brand=+audi+', [1, 2, 9]],
    ['brand=Aud', []],
    ['brand=A%25', []],
    ['brand=_udi', []],
    ['brand=%C5%A1koda', [3, 4]],
    ['brand=S%CC%8Ckoda', [3, 4]],
    ['brand=Skoda', []],
    ['brand=eclair', []],
    ['brand=%C3%89CLAIR', [6]],
    ['brand=Strasse', []],
    ['brand=stra%C3%9Fe', [8]],
    ['brand=%F0%9F%9A%97', [7]],
    ['brand=%F0%9F%9A%99', []],
    ['model=100+%25+%26+%22co%22', [6]],
    ['brand=audi&model=a4&year=2010', [2]],
    ['model=A4&yearMin=2001', [2, 9]],
    ['year=2010', [2, 4]],
    ['year=1886', [8]],
    ['yearMin=2010', [2, 4, 7, 9]],
    ['yearMax=1999', [5, 6, 8]],
    ['yearMin=2000&yearMax=2005', [1, 3]],
    ['yearMin=2005&yearMax=2000', []],
    ['year=2010&yearMin=2011', []],
    ['brand=AUDI&brand=zastava', [1, 2, 5, 9]],
    ['brand=zastava&brand=audi&brand=Audi&brand=none', [1, 2, 5, 9]],
    ['year=2010&year=1980&year=2010', [2, 4, 5]],
    ['brand=audi&brand=%C5%A0koda&model=a4&model=fabia&year=2010&year=2000', [1, 2, 4]],
    ['q=AU', [1, 2, 9]],
    ['q=%20au%20', [1, 2, 9]],
    ['q=a4', [1, 2, 9]],
    ['q=yug', [5]],
    ['q=stras', []],
    ['q=STRASSE', []],
    ['q=stra%C3%9F', [8]],
    ['q=%C5%A1k', [3, 4]],
    ['q=S%CC%8Ck', [3, 4]],
    ['q=100+%25', [6]],
    ['q=%25%25', []],
    ['q=__', []],
    ['q=%5C%5C', []],
    ['q=ud', []],
    ['q=%F0%9F%9A%97%F0%9F%9A%97', []],
    ['q=au&year=2010&year=2100', [2, 9]],
    ['q=au&brand=zastava', []],
    ['q=au&yearMin=2010&yearMax=2099', [2]],
  ])('?%s finds the cars %j', async (query, ids) => {
    expect(await idsOf(query)).toEqual(ids);
    expect((await app().get(`/cars?${query}&count=exact`)).headers.get('x-total-count')).toBe(
      String(ids.length),
    );
  });

  it.each([
    ['id', [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['-id', [9, 8, 7, 6, 5, 4, 3, 2, 1]],
    ['year', [8, 5, 6, 1, 3, 2, 4, 7, 9]],
    ['-year', [9, 7, 2, 4, 3, 1, 6, 5, 8]],
    ['brand', [1, 2, 9, 8, 5, 6, 3, 4, 7]],
    ['-brand', [7, 3, 4, 6, 5, 8, 1, 2, 9]],
    ['brand,-year', [9, 2, 1, 8, 5, 6, 4, 3, 7]],
    ['model,-brand,year', [6, 1, 2, 9, 8, 4, 3, 5, 7]],
    ['brand,-id', [9, 2, 1, 8, 5, 6, 4, 3, 7]],
    ['id,year', [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['-year,brand,model', [9, 7, 2, 4, 3, 1, 6, 5, 8]],
  ])('sort=%s returns them in the order %j, É after z, and ties by id', async (sort, ids) => {
    expect(await idsOf(`sort=${sort}`)).toEqual(ids);
  });

  it.each([
    [1, 1],
    [8, 8],
    [9, 9],
    [1000, 9],
  ])('limit=%i returns %i cars', async (limit, count) => {
    expect(await idsOf(`limit=${limit}`)).toHaveLength(count);
  });

  it('returns 100 cars and a link to the next page without a limit', async () => {
    const many = Array.from({ length: 101 }, (_, index) => ({
      brand: 'Many',
      model: `M${index}`,
      year: 2000,
    }));
    await Promise.all(many.map((car) => app().post('/cars', car)));
    const answer = await app().get('/cars?brand=many');
    expect(carsOf(answer)).toHaveLength(100);
    expect(answer.headers.get('link')).toContain('rel="next"');
    expect(await idsOf('brand=many&limit=1000')).toHaveLength(101);
  });

  it('keeps repeated parameters in its links, and follows them to the end', async () => {
    const query = 'brand=Audi&year=2000&brand=Zastava&q=a4&year=2010&year=2100&sort=-year&limit=1';
    const ids: number[] = [];
    let path: string | undefined = `/cars?${query}`;
    while (path !== undefined) {
      const answer = await app().get(path);
      const link: string = answer.headers.get('link') ?? '';
      expect(link).toContain(
        '</cars?brand=Audi&brand=Zastava&year=2000&year=2010&year=2100&q=a4&sort=-year&limit=1>; rel="first"',
      );
      ids.push(...carsOf(answer).map(({ id }) => id));
      path = /<([^>]+)>; rel="next"/.exec(link)?.[1];
    }
    expect(ids).toEqual([9, 2, 1]);
  });

  it('counts all matching cars, not the page, and only with count=exact', async () => {
    const counted = await app().get('/cars?brand=audi&limit=1&count=exact');
    expect([counted.headers.get('x-total-count'), carsOf(counted).length]).toEqual(['3', 1]);
    expect((await app().get('/cars?brand=audi')).headers.has('x-total-count')).toBe(false);
  });

  it('answers HEAD with the header fields of GET and no body', async () => {
    const path = '/cars?sort=-year&limit=2&count=exact';
    const [got, headed] = [await app().get(path), await app().head(path)];
    expect([headed.status, headed.body]).toEqual([200, '']);
    for (const name of ['link', 'x-total-count', 'content-type', 'content-length']) {
      expect([name, headed.headers.get(name)]).toEqual([name, got.headers.get(name)]);
    }
  });
});
