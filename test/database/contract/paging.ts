/**
 * The contract of pages: a walk visits each car once, even if cars are added and removed meanwhile.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import { type CarFilter, type ListedCar, type PagePosition, positionOf } from '../../../src/cars/car-list.ts';
import type { CarStore } from '../../../src/cars/car-store.ts';
import { aCar, aRequest, everySort, manyCars, sortOf } from '../../support/cars.ts';
import type { StoreOfTest } from '../car-store.contract.ts';

export function describePaging(store: StoreOfTest): void {
  describe('page after page', () => {
    beforeEach(() => Promise.all(manyCars(40).map((fields) => store().cars.create(aRequest(), fields))));

    it('returns the whole list in order, in every sort', async () => {
      for (const sort of everySort()) {
        const whole = await store().cars.list(aRequest(), { filter: {}, sort: sortOf(sort), limit: 1000 });
        expect(await collect(walk(store().cars, sort, 7)), sort).toEqual(whole.cars);
      }
    });

    it('applies the filter to every page', async () => {
      const filters: CarFilter[] = [
        { brand: ['AUDI'] },
        { brand: ['AUDI', 'škoda', 'AUDI'], year: [2001, 2002, 2003] },
        { q: 'm1' },
        { q: 'aud', yearMin: 2001 },
        { yearMin: 2001, yearMax: 2002 },
        { model: ['m3'], year: [2002] },
      ];
      for (const filter of filters) {
        for (const sort of ['id', 'brand', '-brand', 'model', '-year', 'brand,-model', '-year,brand,-id']) {
          const whole = await store().cars.list(aRequest(), { filter, sort: sortOf(sort), limit: 1000 });
          expect(whole.cars.length).toBeGreaterThan(0);
          expect(await collect(walk(store().cars, sort, 2, filter)), sort).toEqual(whole.cars);
        }
      }
    });

    it('visits each car that stays exactly once while others are added and removed, in every sort', async () => {
      const { cars } = store();
      let step = 0;
      for (const sort of everySort()) {
        const before = await cars.list(aRequest(), { filter: {}, sort: sortOf(sort), limit: 1000 });
        const stays = new Set(before.cars.map((car) => car.id));
        const visited: number[] = [];
        for await (const page of walk(cars, sort, 10)) {
          visited.push(...page.map((car) => car.id));
          // The last car of this page (where the next one starts), and one that may be before it or
          // behind it.
          step += 1;
          const gone = new Set([
            page.at(-1)?.id ?? 0,
            before.cars[(step * 17) % before.cars.length]?.id ?? 0,
          ]);
          const present = [...gone].filter((id) => stays.delete(id));
          const added = manyCars(step + present.length).slice(step);
          await Promise.all([
            ...present.map((id) => cars.delete(aRequest(), id)),
            ...added.map((car) => cars.create(aRequest(), car)),
          ]);
        }
        expect(new Set(visited).size, sort).toBe(visited.length);
        expect(visited, sort).toEqual(expect.arrayContaining([...stays]));
      }
    });

    it('starts after a position where no car exists any more, or ever existed', async () => {
      const { cars } = store();
      await cars.create(aRequest(), aCar({ brand: 'Mazda', year: 1999 }));
      const behind = async (sort: string, after: PagePosition) => {
        const page = await cars.list(aRequest(), { filter: {}, sort: sortOf(sort), limit: 1, after });
        return page.cars.map(({ brand, year }) => `${brand} ${year}`);
      };
      expect(await behind('brand', ['maz', 1])).toEqual(['Mazda 1999']);
      expect(await behind('brand', ['mazda', 40])).toEqual(['Mazda 1999']);
      expect(await behind('-brand', ['n', 1])).toEqual(['Mazda 1999']);
      expect(await behind('year', [0, Number.MAX_SAFE_INTEGER])).toEqual(['Mazda 1999']);
      expect(await behind('-year,brand', [1999, 'a', 1])).toEqual(['Mazda 1999']);
      expect(await behind('-year,-brand', [1999, 'a', 1])).toEqual([]);
      expect(await behind('id', [Number.MAX_SAFE_INTEGER])).toEqual([]);
      expect(await behind('-id', [1])).toEqual([]);
    });
  });
}

/** The pages, each asked for behind the last car of the one before. */
async function* walk(
  cars: CarStore,
  sort: string,
  limit: number,
  filter: CarFilter = {},
): AsyncGenerator<ListedCar[]> {
  const terms = sortOf(sort);
  let after: PagePosition | undefined;
  for (;;) {
    const page = await cars.list(aRequest(), {
      filter,
      sort: terms,
      limit,
      ...(after === undefined ? {} : { after }),
    });
    yield [...page.cars];
    const last = page.cars.at(-1);
    if (!page.more || last === undefined) return;
    after = positionOf(last, terms);
  }
}

async function collect(pages: AsyncIterable<ListedCar[]>): Promise<ListedCar[]> {
  const cars: ListedCar[] = [];
  for await (const page of pages) cars.push(...page);
  return cars;
}
