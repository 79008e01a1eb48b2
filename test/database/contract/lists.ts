/** The contract of filters, sorts, limits and counts. */

import { beforeEach, describe, expect, it } from 'vitest';
import { type CarFields, textKey } from '../../../src/cars/car.ts';
import type { CarFilter, ListedCar, SortTerm } from '../../../src/cars/car-list.ts';
import { aCar, aRequest, everySort, manyCars, sortOf } from '../../support/cars.ts';
import type { OpenedStore, StoreOfTest } from '../car-store.contract.ts';

export function describeLists(store: StoreOfTest): void {
  describe('a list filtered by text', () => {
    const brands = [
      ['CITROËN', 'citroën'],
      ['Citroen'],
      ['straße', 'STRAẞE'],
      ['STRASSE'],
      ['i̇zmi̇r', 'İZMİR'],
      ['IZMIR', 'izmir'],
      ['ızmır'],
      ['ΟΔΟΣ', 'οδος'],
      ['οδοσ'],
      ['🚗 Ⅷ', '🚗 ⅷ'],
      ['🚙 Ⅷ'],
      ['Å', 'å'],
      ['Ǆ', 'ǅ', 'ǆ'],
      ['𐐀', '𐐨'],
      ['ﬁat'],
      ['FIAT', 'Fiat'],
      ["o'neil\\", "O'Neil\\"],
      ['100%', '100%'],
      ['100x'],
      ['\uE000'],
      ['\uFFFD'],
    ];

    beforeEach(async () => {
      await Promise.all(
        brands.flat().map((brand) => store().cars.create(aRequest(), aCar({ brand, model: brand }))),
      );
    });

    it.each(brands)('finds for %j the cars that differ only in letter case', async (...same) => {
      for (const asked of same) {
        expect(await listed(store(), { brand: [asked] }, (car) => car.brand)).toEqual(same);
        expect(await listed(store(), { model: [asked] }, (car) => car.model)).toEqual(same);
        expect(await store().cars.count(aRequest(), { brand: [asked], model: [asked] })).toBe(same.length);
      }
    });

    it.each(['', ' Fiat', 'Fia', 'Fiat_', '100_', '%', 'FIAT\u0000', 'fiat '])(
      'finds nothing for %j, which no car has',
      async (brand) => {
        expect(await listed(store(), { brand: [brand] }, (car) => car.id)).toEqual([]);
        expect(await store().cars.count(aRequest(), { brand: [brand] })).toBe(0);
      },
    );

    it('finds a car by its new brand and model', async () => {
      const { cars } = store();
      const before = await cars.count(aRequest(), { brand: ['fiat'] });
      const { car } = await cars.create(aRequest(), aCar({ brand: 'Fiat', model: 'Panda' }));
      await cars.update(aRequest(), car.id, { brand: 'Seat' });
      expect(await cars.count(aRequest(), { brand: ['fiat'] })).toBe(before);
      expect(await cars.count(aRequest(), { brand: ['SEAT'], model: ['panda'] })).toBe(1);
      await cars.update(aRequest(), car.id, { model: 'Marbella' });
      expect(await cars.count(aRequest(), { brand: ['SEAT'], model: ['panda'] })).toBe(0);
      expect(await listed(store(), { model: ['marbella'] }, ({ id }) => id)).toEqual([car.id]);
    });
  });

  describe('a list of many cars', () => {
    let all: ListedCar[];
    beforeEach(async () => {
      const created = await Promise.all(
        manyCars(60).map((fields) => store().cars.create(aRequest(), fields)),
      );
      all = created.map(({ car: { version: _, ...listed } }) => listed);
    });

    const filters: [CarFilter, (car: CarFields) => boolean][] = [
      [{ year: [2002] }, (car) => car.year === 2002],
      [{ yearMin: 2002 }, (car) => car.year >= 2002],
      [{ yearMax: 2001 }, (car) => car.year <= 2001],
      [{ yearMin: 2001, yearMax: 2002 }, (car) => car.year === 2001 || car.year === 2002],
      [{ yearMin: 2002, yearMax: 2001 }, () => false],
      [{ year: [2002], yearMin: 2003 }, () => false],
      [{ brand: ['ŠKODA'], yearMin: 2001 }, (car) => car.brand === 'Škoda' && car.year >= 2001],
      [
        { brand: ['AUDI'], model: ['m1'], year: [2001] },
        (car) => /audi.*M1/i.test(car.brand + car.model) && car.year === 2001,
      ],
      [{ year: [2002, 2000, 2002] }, (car) => car.year === 2000 || car.year === 2002],
      [{ brand: ['AUDI', 'audi'] }, (car) => /audi/i.test(car.brand)],
      [
        { brand: ['škoda', '🚗', 'Lada'], model: ['m1', 'M2'] },
        (car) => /škoda|🚗/iu.test(car.brand) && /M[12]/.test(car.model),
      ],
      [{ q: 'AU' }, (car) => /^au/i.test(car.brand)],
      [{ q: 'm1' }, (car) => car.model === 'M1'],
      [{ q: 'za', brand: ['audi'] }, () => false],
      [{ q: 'ška' }, () => false],
      [{ q: 'šk', year: [2001, 2002], yearMin: 2002 }, (car) => car.brand === 'Škoda' && car.year === 2002],
      [{}, () => true],
    ];

    it.each(filters)(
      'with the filter %j has the cars that fulfil every part of it, in every sort',
      async (filter, has) => {
        for (const sort of ['id', '-id', 'brand', '-brand', 'model,-year', '-year', 'year,brand,-model']) {
          const expected = inOrder(all.filter(has), sortOf(sort));
          const page = await store().cars.list(aRequest(), { filter, sort: sortOf(sort), limit: 100 });
          expect(page, sort).toEqual({ cars: expected, more: false });
        }
        expect(await store().cars.count(aRequest(), filter)).toBe(all.filter(has).length);
      },
    );

    it('supports every possible sort, with equal cars by ascending id', async () => {
      const sorts = everySort();
      expect(sorts).toHaveLength(110);
      for (const sort of sorts) {
        const page = await store().cars.list(aRequest(), { filter: {}, sort: sortOf(sort), limit: 100 });
        expect(
          page.cars.map((car) => car.id),
          sort,
        ).toEqual(inOrder(all, sortOf(sort)).map((car) => car.id));
      }
    });

    it('has at most as many cars as the limit, and reports whether more follow', async () => {
      const { cars } = store();
      const first = (limit: number) => cars.list(aRequest(), { filter: {}, sort: sortOf('-brand'), limit });
      const expected = inOrder(all, sortOf('-brand'));
      expect(await first(1)).toEqual({ cars: expected.slice(0, 1), more: true });
      expect(await first(59)).toEqual({ cars: expected.slice(0, 59), more: true });
      expect(await first(60)).toEqual({ cars: expected, more: false });
      expect(await first(61)).toEqual({ cars: expected, more: false });
    });

    it('may have a thousand cars', async () => {
      const { cars } = store();
      await Promise.all(manyCars(941).map((fields) => cars.create(aRequest(), fields)));
      const page = await cars.list(aRequest(), { filter: {}, sort: sortOf('id'), limit: 1000 });
      expect(page.cars.map((car) => car.id)).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
      expect(page.more).toBe(true);
      expect(await cars.count(aRequest(), {})).toBe(1001);
    });
  });

  it('is empty if there are no cars', async () => {
    const { cars } = store();
    expect(await cars.list(aRequest(), { filter: {}, sort: sortOf('-year'), limit: 10 })).toEqual({
      cars: [],
      more: false,
    });
    expect(await cars.count(aRequest(), {})).toBe(0);
  });

  it('sorts texts by the code points of their lower case, with those above U+FFFF last', async () => {
    const { cars } = store();
    const inOrderOfKeys = ['10', '9', 'A', 'b', 'Z', 'É', 'Š', 'ß', 'Σ', '\uE000', '\uFFFD', '𐐀', '🚗'];
    const keys = inOrderOfKeys.map(textKey);
    const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const brand of [...inOrderOfKeys].reverse()) await cars.create(aRequest(), aCar({ brand }));
    const page = await cars.list(aRequest(), { filter: {}, sort: sortOf('brand'), limit: 100 });
    expect(page.cars.map((car) => textKey(car.brand))).toEqual(sorted);
    const reversed = await cars.list(aRequest(), { filter: {}, sort: sortOf('-brand'), limit: 100 });
    expect(reversed.cars.map((car) => textKey(car.brand))).toEqual(sorted.reverse());
  });
}

async function listed<Value>(
  { cars }: OpenedStore,
  filter: CarFilter,
  value: (car: ListedCar) => Value,
): Promise<Value[]> {
  const page = await cars.list(aRequest(), { filter, sort: sortOf('id'), limit: 100 });
  expect(page.more).toBe(false);
  return page.cars.map(value);
}

/** The order as the contract says it: texts by the bytes of their keys. */
function inOrder(cars: readonly ListedCar[], sort: readonly SortTerm[]): ListedCar[] {
  const compared = (a: ListedCar, b: ListedCar) => {
    for (const { field, descending } of sort) {
      const difference =
        field === 'brand' || field === 'model'
          ? Buffer.compare(Buffer.from(textKey(a[field])), Buffer.from(textKey(b[field])))
          : a[field] - b[field];
      if (difference !== 0) return descending ? -difference : difference;
    }
    return 0;
  };
  return [...cars].sort(compared);
}
