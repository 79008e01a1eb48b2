/** Paging: the Link header field, and what a caller sees who follows it while cars come and go (RFC 8288). */

import { describe, expect, it } from 'vitest';
import { type Answer, carsOf, type WireCar } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { ENGINES, useApp } from './start-app.ts';

interface Links {
  readonly next?: string;
  readonly first?: string;
}

/** The links of an answer by their relation; fails when the header field has another shape than the contract's. */
function linksOf({ headers }: Answer): Links {
  const link = headers.get('link') ?? '';
  const shape = /^(?:<(?<next>\/cars\?[^<>"\s]+)>; rel="next", )?<(?<first>\/cars[^<>"\s]*)>; rel="first"$/;
  expect(link).toMatch(shape);
  expect(link).toMatch(/^[\x20-\x7e]*$/);
  return { ...shape.exec(link)?.groups };
}

const parametersOf = (link: string | undefined) =>
  Object.fromEntries(new URL(link ?? '', 'http://cars.example').searchParams);

/** A text of the most bytes: each character has four, and so twelve in a URL. */
const WIDE = '🚗'.repeat(100);

/** The URL of a list of {@link WIDE} cars that has a cursor of the most bytes, itself of `size` bytes. */
function wideList(size: number): string {
  const parameters: [string, string][] = [
    ['sort', 'brand,model,year'],
    ['limit', '1'],
    ['model', WIDE],
    ...[WIDE, '🚙'.repeat(100), '🚌'.repeat(100), '🚓'.repeat(100)].map((brand): [string, string] => [
      'brand',
      brand,
    ]),
  ];
  const url = `/cars?${new URLSearchParams(parameters)}&brand=`;
  return url.padEnd(size, 'x');
}

describe.each(ENGINES)('paging on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);

  async function create(brand: string, count: number, model = 'M'): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      await app().post('/cars', { brand, model, year: 2000 + (index % 3) });
    }
  }

  /** Every page from `path` on. @param between runs behind each page */
  async function pagesFrom(path: string, between: (page: WireCar[]) => Promise<unknown> = async () => {}) {
    const pages: WireCar[][] = [];
    for (let next: string | undefined = path; next !== undefined; ) {
      const answer = await app().get(next);
      expect(answer.status).toBe(200);
      const page = carsOf(answer);
      pages.push(page);
      await between(page);
      next = linksOf(answer).next;
    }
    return pages;
  }

  it('links only to the first page if there are no more', async () => {
    const answer = await app().get('/cars');
    expect(answer.headers.get('link')).toBe('</cars>; rel="first"');
    await create('Whole', 2);
    const exact = await app().get('/cars?brand=Whole&limit=2');
    expect(exact.headers.get('link')).toBe('</cars?brand=Whole&limit=2>; rel="first"');
  });

  it('links to the next page if there is one, and always to the first', async () => {
    await create('Linked', 3);
    const first = await app().get(
      '/cars?brand=Linked&limit=2&sort=-year&count=exact&yearMin=1990&yearMax=2050',
    );
    const links = linksOf(first);
    const kept = {
      brand: 'Linked',
      limit: '2',
      sort: '-year',
      count: 'exact',
      yearMin: '1990',
      yearMax: '2050',
    };
    expect(parametersOf(links.first)).toEqual(kept);
    expect(parametersOf(links.next)).toEqual({ ...kept, cursor: expect.stringMatching(/^[\w-]+$/) });
    const last = await app().get(String(links.next));
    expect(linksOf(last)).toEqual({ first: links.first });
    expect(last.headers.get('x-total-count')).toBe('3');
  });

  it('keeps parameters that need percent-encoding', async () => {
    const brand = '🚗 & "Söhne" <a>; 100%=?#+';
    await create(brand, 2, 'ünï/çødé,\\');
    const query = new URLSearchParams({ limit: '1', model: 'ünï/çødé,\\', brand });
    const { next, first } = linksOf(await app().get(`/cars?${query}`));
    expect(parametersOf(first)).toEqual({ limit: '1', model: 'ünï/çødé,\\', brand });
    expect(carsOf(await app().get(String(next)))).toMatchObject([{ brand }]);
    expect(carsOf(await app().get(String(first)))).toMatchObject([{ brand }]);
  });

  it('links to a next page that can be requested, however long the URL', async () => {
    await create(WIDE, 2, WIDE);
    const answer = await app().get(wideList(6144));
    expect(answer.status).toBe(200);
    const { next = '' } = linksOf(answer);
    expect(next.length).toBeGreaterThan(7000);
    expect(answer.headers.get('link')?.length).toBeLessThan(14 * 1024);
    expect(carsOf(await app().get(next))).toHaveLength(1);
  });

  it.each([
    ['a byte too long', wideList(6145)],
    ['too long when it is percent-encoded', `/cars?year=2000${`&brand=${'!'.repeat(100)}`.repeat(20)}&q=aa`],
  ])('is answered with 414 if the URL is %s', async (_, url) => {
    await expectProblem(await app().get(url), 'uri-too-long');
  });

  it('returns links that work even if every parameter has its maximum length', async () => {
    const brand = '🚗'.repeat(100);
    const model = '𐐀'.repeat(100);
    await create(brand, 2, model);
    const query = new URLSearchParams({
      brand,
      model,
      sort: 'brand,-model,year',
      limit: '1',
      count: 'exact',
    });
    expect(await pagesFrom(`/cars?${query}&yearMin=1886&yearMax=2100`)).toHaveLength(2);
  });

  it.each(['id', '-year', 'brand,-year'])(
    'visits each car once, in the order of a single page: sort=%s',
    async (sort) => {
      const brand = `Once ${sort}`;
      for (const name of [brand, brand.toUpperCase()]) await create(name, 5, `M ${name}`);
      const list = `/cars?brand=${encodeURIComponent(brand)}&sort=${sort}`;
      const whole = carsOf(await app().get(`${list}&limit=1000`));
      for (const limit of [1, 3, 10]) {
        const pages = await pagesFrom(`${list}&limit=${limit}`);
        expect(pages.flat()).toEqual(whole);
        expect(pages).toHaveLength(Math.ceil(10 / limit));
      }
    },
  );

  it('returns each car exactly once while others are added and removed', async () => {
    await create('Busy', 12);
    const wanted = carsOf(await app().get('/cars?brand=Busy&sort=year'));
    const pages = await pagesFrom('/cars?brand=Busy&sort=year&limit=3', async (page) => {
      // The car at which the next page starts goes, and one comes that belongs before it.
      await app().delete(`/cars/${page.at(-1)?.id}`);
      await app().post('/cars', { brand: 'Busy', model: 'early', year: 1990 });
    });
    const seen = pages.flat().map(({ id }) => id);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(wanted.map(({ id }) => id));
  });
});
