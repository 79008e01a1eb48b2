/**
 * Searches and years that so many cars match that a page is read in the order of its sort: what they return, and
 * how each engine reads them.
 */

import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type CarFilter,
  type CarListQuery,
  type CarPage,
  type ListedCar,
  positionOf,
} from '../../src/cars/car-list.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { MysqlConfig } from '../../src/config/database.ts';
import { openConnection as openMysql } from '../../src/database/mysql/connection.ts';
import { listCars as listMysql } from '../../src/database/mysql/read-cars.ts';
import { openConnection as openSqlite } from '../../src/database/sqlite/connection.ts';
import { listCars as listSqlite } from '../../src/database/sqlite/read-cars.ts';
import { type Statement, statements } from '../../src/observability/channels.ts';
import { sortOf } from '../support/cars.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestDatabase, createTestFile, type TestDatabase } from '../support/test-database.ts';

/** A page is sorted from up to so many cars. */
const SORTED_MATCHES = 500;

/** Most are Chevrolets, a hundredth are Corvettes. */
const COUNT = 3000;

const makeCar = (number: number) => {
  const brand = number % 25 === 7 ? 'Toyota' : 'Chevrolet';
  const model = number % 100 === 3 ? 'Corvette' : brand === 'Toyota' ? 'Chaser' : `M${number % 50}`;
  return { brand, id: number + 1, model, year: 1900 + ((number * 7) % 120) };
};

const CARS: readonly ListedCar[] = Array.from({ length: COUNT }, (_, index) => makeCar(index));

const SORTS = [
  'id',
  '-id',
  'brand',
  '-brand',
  'model',
  '-model',
  'year',
  '-year',
  '-year,brand',
  'model,-id',
];

async function insertAll(database: TestDatabase): Promise<void> {
  const rows = CARS.map(
    ({ id, brand, model, year }) =>
      `(${id},'${brand}','${brand.toLowerCase()}','${model}','${model.toLowerCase()}',${year})`,
  );
  await database.query(
    `INSERT INTO cars (id, brand, brand_key, model, model_key, year) VALUES ${rows.join()}`,
  );
}

interface Engine {
  readonly name: string;
  readonly create: () => Promise<TestDatabase>;
  /** Lists with {@link SORTED_MATCHES}. */
  readonly open: (
    url: string,
  ) => Promise<{ list: (query: CarListQuery) => Promise<CarPage>; close: () => void }>;
  /** Runs `ask`, and returns how the engine reads cars for the statements that it sent. */
  readonly explain: (database: TestDatabase, ask: () => Promise<unknown>) => Promise<string[]>;
}

const ENGINES: readonly Engine[] = [
  {
    name: 'SQLite',
    create: async () => createTestFile(),
    async open(url) {
      const connection = openSqlite(url.replace('sqlite:', ''));
      return {
        list: async (query) => listSqlite(connection, query, SORTED_MATCHES),
        close: () => connection.close(),
      };
    },
    async explain({ url }, ask) {
      const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
      await ask();
      const texts = prepare.mock.calls.map(([sql]) => sql);
      prepare.mockRestore();
      using connection = new DatabaseSync(url.replace('sqlite:', ''));
      connection.function('is_in_time', (_deadline) => 1);
      return texts
        .flatMap((sql) => connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all())
        .map(({ detail }) => String(detail))
        .filter((detail) => /^\w+ cars/.test(detail));
    },
  },
  {
    name: 'MySQL',
    create: () => createTestDatabase(),
    async open(url) {
      const connection = await openMysql(parseConfig({ DATABASE_URL: url }).database as MysqlConfig);
      return {
        list: async (query) => (await listMysql(connection, [query], SORTED_MATCHES))[0] as CarPage,
        close: connection.destroy,
      };
    },
    async explain(database, ask) {
      const texts: string[] = [];
      const note = (message: unknown) => texts.push((message as Statement).sql);
      statements.start.subscribe(note);
      await ask();
      statements.start.unsubscribe(note);
      const rows = await Promise.all(
        texts
          .filter((sql) => /^\(?SELECT/.test(sql))
          .map((sql) => database.query(`EXPLAIN FORMAT=TRADITIONAL ${sql}`)),
      );
      return rows
        .flat()
        .filter(({ table }) => table === 'cars')
        .map(({ type, key }) => `${type} ${key}`);
    },
  },
];

describe.each(ENGINES)('a search among many cars in $name', ({ create, open, explain }) => {
  let created: TestDatabase;
  let opened: Awaited<ReturnType<Engine['open']>>;

  beforeAll(async () => {
    created = await create();
    await (await openStarted(created.url)).close();
    await insertAll(created);
    opened = await open(created.url);
  });
  afterAll(async () => {
    opened.close();
    await created.drop();
  });

  const list = (filter: CarFilter, sort: string, limit: number, last?: ListedCar) =>
    opened.list({
      filter,
      sort: sortOf(sort),
      limit,
      ...(last && { after: positionOf(last, sortOf(sort)) }),
    });

  it.each(SORTS)('returns page after page, sorted by %s', async (sort) => {
    for (const [filter, has] of [
      [{ q: 'ch' }, () => true],
      [{ q: 'ch', yearMin: 2010 }, ({ year }) => year >= 2010],
      [{ q: 'CH', year: [1950, 1951] }, ({ year }) => year === 1950 || year === 1951],
      [{ yearMin: 2015 }, ({ year }) => year >= 2015],
      [{ yearMax: 1990 }, ({ year }) => year <= 1990],
      [{ yearMin: 1950, yearMax: 1955 }, ({ year }) => year >= 1950 && year <= 1955],
    ] satisfies [CarFilter, (car: ListedCar) => boolean][]) {
      const expected = inOrder(CARS.filter(has), sort).slice(0, 40);
      let last: ListedCar | undefined;
      for (let from = 0; from < 40; from += 20) {
        const page = await list(filter, sort, 20, last);
        expect(page).toEqual({ cars: expected.slice(from, from + 20), more: true });
        last = page.cars.at(-1);
      }
    }
  });

  it.each(SORTS)('reads only the cars that match a rare text, sorted by %s', async (sort) => {
    const reads = await explain(created, () => list({ q: 'corv' }, sort, 20));
    // The count of each field's matches, and the cars of each field.
    expect(reads.length).toBeGreaterThanOrEqual(4);
    for (const read of reads) expect(read).toMatch(/^(SEARCH|range|ref) .*cars_by_(brand|model)/);
  });

  // The sorts by year first read the index by year anyway.
  it.each(SORTS)('reads only the cars of rare years, sorted by %s', async (sort) => {
    const reads = await explain(created, () => list({ yearMin: 2018 }, sort, 20));
    expect(reads).not.toEqual([]);
    for (const read of reads) expect(read).toMatch(/^(SEARCH|range|ref) .*cars_by_year/);
  });

  it.each([
    ['id', /^SCAN cars$|PRIMARY/],
    ['model', /^SCAN cars .*cars_by_model|^index cars_by_model/],
    ['-brand', /^SCAN cars .*cars_by_brand|^index cars_by_brand/],
  ])('reads frequent years in the order of the sort %s', async (sort, inOrderOfSort) => {
    const reads = await explain(created, () => list({ yearMin: 1910 }, sort, 20));
    expect(reads.filter((read) => inOrderOfSort.test(read))).not.toEqual([]);
  });

  it.each([
    ['id', /^SCAN cars$|PRIMARY/],
    ['-id', /^SCAN cars$|PRIMARY/],
    ['year', /^SCAN cars .*cars_by_year|^index cars_by_year/],
    ['-year', /^SCAN cars .*cars_by_year|^index cars_by_year/],
    ['model', /^SCAN cars .*cars_by_model|^index cars_by_model/],
    ['brand', /^SEARCH cars .*cars_by_brand |^range cars_by_brand$/],
  ])('reads a frequent text in the order of the sort %s', async (sort, inOrderOfSort) => {
    const reads = await explain(created, () => list({ q: 'chev' }, sort, 20));
    expect(reads.filter((read) => inOrderOfSort.test(read))).not.toEqual([]);
  });
});

/** The order as the contract says it. All texts are ASCII. */
function inOrder(cars: readonly ListedCar[], sort: string): ListedCar[] {
  const terms = sortOf(sort);
  const keys = new Map(cars.map((car) => [car.id, positionOf(car, terms)]));
  return cars.toSorted((a, b) => {
    for (const [index, { descending }] of terms.entries()) {
      const [one = '', other = ''] = [keys.get(a.id)?.[index], keys.get(b.id)?.[index]];
      if (one !== other) return one < other === descending ? 1 : -1;
    }
    return 0;
  });
}
