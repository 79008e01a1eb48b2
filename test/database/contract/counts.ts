/** The contract of numbers of cars by the values of a field. */

import { beforeEach, describe, expect, it } from 'vitest';
import type { CountsQuery } from '../../../src/cars/car-counts.ts';
import { aCar, aRequest } from '../../support/cars.ts';
import type { StoreOfTest } from '../car-store.contract.ts';

/** In the order of their ids, from 1. */
const CARS = [
  { brand: 'audi', model: 'A4', year: 2001 },
  { brand: 'Škoda', model: 'Fabia', year: 2000 },
  { brand: 'AUDI', model: 'A3', year: 2001 },
  { brand: 'Zastava', model: '101', year: 1999 },
  { brand: 'ΟΔΟΣ', model: '\u{1F697}', year: 2001 },
  { brand: 'Škoda', model: 'fabia', year: 2002 },
  { brand: 'Audi', model: 'a4', year: 2000 },
];

export function describeCounts(store: StoreOfTest): void {
  const count = (query: Partial<CountsQuery>) =>
    store().cars.counts(aRequest(), { filter: {}, by: 'brand', limit: 1000, ...query });
  const pairs = async (query: Partial<CountsQuery>) =>
    (await count(query)).map(({ value, cars }) => [value, cars]);

  describe('the numbers of cars by a field', () => {
    beforeEach(async () => {
      for (const car of CARS) await store().cars.create(aRequest(), car);
    });

    it('have one entry for each value, the most cars first, then in the order of their keys', async () => {
      expect(await count({})).toEqual([
        { value: 'audi', cars: 3 },
        { value: 'Škoda', cars: 2 },
        { value: 'Zastava', cars: 1 },
        { value: 'ΟΔΟΣ', cars: 1 },
      ]);
      expect(await pairs({ by: 'model' })).toEqual([
        ['A4', 2],
        ['Fabia', 2],
        ['101', 1],
        ['A3', 1],
        ['\u{1F697}', 1],
      ]);
    });

    it('list years in order', async () => {
      const years = [
        [1999, 1],
        [2000, 2],
        [2001, 3],
        [2002, 1],
      ];
      expect(await pairs({ by: 'year' })).toEqual(years);
      expect(await pairs({ by: 'year', limit: 2 })).toEqual(years.slice(0, 2));
    });

    it('have at most as many values as the limit', async () => {
      expect(await pairs({ limit: 1 })).toEqual([['audi', 3]]);
      expect(await pairs({ limit: 3 })).toHaveLength(3);
    });

    it.each([
      [
        { brand: ['AUDI', 'zastava'] },
        [
          ['audi', 3],
          ['Zastava', 1],
        ],
      ],
      [
        { year: [2000] },
        [
          ['audi', 1],
          ['Škoda', 1],
        ],
      ],
      [
        { yearMin: 2001, yearMax: 2001 },
        [
          ['audi', 2],
          ['ΟΔΟΣ', 1],
        ],
      ],
      [{ q: 'fab' }, [['Škoda', 2]]],
      [{ q: 'οδοσ' }, [['ΟΔΟΣ', 1]]],
      [{ q: 'a4', model: ['a4'], year: [2001, 2002] }, [['audi', 1]]],
      [{ q: 'no car' }, []],
    ])('count only the cars that match %j', async (filter, expected) => {
      expect(await pairs({ filter })).toEqual(expected);
    });

    it('write a value as in the car with the lowest id, even if it does not match', async () => {
      const { cars } = store();
      expect(await pairs({ filter: { model: ['a3'] } })).toEqual([['audi', 1]]);
      await cars.delete(aRequest(), 1);
      expect(await pairs({ limit: 1 })).toEqual([['AUDI', 2]]);
      await cars.update(aRequest(), 3, { brand: 'aUDI' });
      expect(await pairs({ limit: 1 })).toEqual([['aUDI', 2]]);
      await cars.update(aRequest(), 3, { brand: 'Seat' });
      expect(await pairs({ filter: { brand: ['audi'] } })).toEqual([['Audi', 1]]);
    });

    it('are the same for all who ask at once, and for each question its own', async () => {
      const asked = Array.from({ length: 10 }, (_, index) => pairs({ limit: 1 + (index % 2) }));
      for (const [index, answer] of (await Promise.all(asked)).entries())
        expect(answer).toHaveLength(1 + (index % 2));
    });

    it('have what the client wrote before', async () => {
      const { cars } = store();
      await Promise.all([
        pairs({ by: 'year' }),
        cars.create(aRequest(), aCar({ year: 1886 })).then(async () => {
          expect(await pairs({ by: 'year', limit: 1 })).toEqual([[1886, 1]]);
        }),
      ]);
    });
  });

  it('are empty if there are no cars', async () => {
    for (const by of ['brand', 'model', 'year'] as const) expect(await count({ by })).toEqual([]);
  });
}
