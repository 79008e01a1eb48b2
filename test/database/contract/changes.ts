/** The contract of create, get, update and delete, one request at a time. */

import { describe, expect, it } from 'vitest';
import { CAR_RULES, type Car } from '../../../src/cars/car.ts';
import type { ListedCar } from '../../../src/cars/car-list.ts';
import { aCar, aRequest, outcomeOf, sortOf } from '../../support/cars.ts';
import type { StoreOfTest } from '../car-store.contract.ts';

export function describeChanges(store: StoreOfTest): void {
  describe('one change after another', () => {
    it('assigns the first car the id 1, and each later one the next', async () => {
      const { cars } = store();
      for (const id of [1, 2, 3]) {
        const created = await cars.create(aRequest(), aCar());
        expect(created).toEqual({ car: { ...aCar(), id, version: 1 }, replayed: false });
      }
    });

    it('never reuses an id, not even the newest after its car was deleted', async () => {
      const { cars } = store();
      await cars.create(aRequest(), aCar());
      const newest = await cars.create(aRequest(), aCar());
      await cars.delete(aRequest(), newest.car.id);
      const next = await cars.create(aRequest(), aCar());
      expect(next.car.id).toBe(3);
      await cars.delete(aRequest(), 1);
      await cars.delete(aRequest(), 3);
      expect((await cars.create(aRequest(), aCar())).car.id).toBe(4);
    });

    it('keeps a car as it was created', async () => {
      const { cars } = store();
      const fields = aCar({ brand: 'Citroën', model: '2CV', year: 1948 });
      const { car } = await cars.create(aRequest(), fields);
      expect(await cars.get(aRequest(), car.id)).toEqual({ ...fields, id: 1, version: 1 });
    });

    it.each([
      "O'Hara \\ \\' \\0 %_ ?",
      '"); DROP TABLE cars; -- ',
      '`brand` $1 :name ?? @first_id',
      'ẞß İı ΑΣ Ⱥ \uE000 \uFFFD 🚗 𐐀',
      'a  b\u00a0c\u200d\u2028d',
      '\u202eright to left',
    ])('gives back the text %j letter by letter', async (text) => {
      const { cars } = store();
      const { car } = await cars.create(aRequest(), aCar({ brand: text, model: `${text}!` }));
      expect(await cars.get(aRequest(), car.id)).toEqual({
        ...aCar({ brand: text, model: `${text}!` }),
        id: 1,
        version: 1,
      });
      const updated = await cars.update(aRequest(), 1, { brand: `${text}?` });
      expect(await cars.get(aRequest(), 1)).toEqual(updated);
      const { cars: found } = await cars.list(aRequest(), {
        filter: { brand: [`${text}?`] },
        sort: sortOf('id'),
        limit: 10,
      });
      expect(found).toEqual([listed(updated)]);
    });

    it('stores, sorts and pages texts of the maximum length, made of the longest characters', async () => {
      const { cars } = store();
      // Capital and small letters of an alphabet beyond U+FFFF: four bytes each, as texts and as
      // keys.
      const capital = '𐐀'.repeat(CAR_RULES.textMaxLength);
      const small = '𐐨'.repeat(CAR_RULES.textMaxLength);
      const created = await cars.create(aRequest(), {
        brand: capital,
        model: small,
        year: CAR_RULES.yearMin,
      });
      const last = `${'𐐨'.repeat(CAR_RULES.textMaxLength - 1)}𐐩`;
      const other = await cars.create(aRequest(), { brand: last, model: capital, year: CAR_RULES.yearMax });
      expect(await cars.get(aRequest(), 1)).toEqual(created.car);
      expect(await cars.count(aRequest(), { brand: [small], model: [small] })).toBe(1);
      const sort = sortOf('brand,-model');
      const page = await cars.list(aRequest(), { filter: {}, sort, limit: 1 });
      expect(page).toEqual({ cars: [listed(created.car)], more: true });
      const rest = await cars.list(aRequest(), { filter: {}, sort, limit: 1, after: [small, small, 1] });
      expect(rest).toEqual({ cars: [listed(other.car)], more: false });
    });

    it('stores letters whose lower case is longer', async () => {
      const { cars } = store();
      const brand = 'İ'.repeat(CAR_RULES.textMaxLength);
      const model = 'Ⱥ'.repeat(CAR_RULES.textMaxLength);
      const { car } = await cars.create(aRequest(), aCar({ brand, model }));
      expect(await cars.get(aRequest(), car.id)).toMatchObject({ brand, model });
      expect(
        await cars.count(aRequest(), { brand: [brand], model: ['ⱥ'.repeat(CAR_RULES.textMaxLength)] }),
      ).toBe(1);
    });

    it('replaces all fields and increments the version', async () => {
      const { cars } = store();
      await cars.create(aRequest(), aCar());
      const changed = aCar({ brand: 'Seat', model: 'Ibiza', year: 1984 });
      expect(await cars.update(aRequest(), 1, changed)).toEqual({ ...changed, id: 1, version: 2 });
      const again = { ...changed, year: 1985 };
      expect(await cars.update(aRequest(), 1, again)).toEqual({ ...again, id: 1, version: 3 });
      expect(await cars.get(aRequest(), 1)).toEqual({ ...again, id: 1, version: 3 });
    });

    it.each([{ brand: 'Seat' }, { model: 'Polo' }, { year: 2100 }, { model: 'Up', year: 2011 }])(
      'replaces only what is given: %j',
      async (fields) => {
        const { cars } = store();
        await cars.create(aRequest(), aCar());
        await cars.create(aRequest(), aCar({ brand: 'Audi' }));
        const expected = { ...aCar(), ...fields, id: 1, version: 2 };
        expect(await cars.update(aRequest(), 1, fields)).toEqual(expected);
        expect(await cars.get(aRequest(), 1)).toEqual(expected);
        expect(await cars.get(aRequest(), 2)).toEqual({ ...aCar({ brand: 'Audi' }), id: 2, version: 1 });
      },
    );

    it.each([{}, { year: 2018 }, { brand: 'Volkswagen', model: 'Golf' }, aCar()])(
      'keeps the version if a change changes nothing: %j',
      async (fields) => {
        const { cars } = store();
        const { car } = await cars.create(aRequest(), aCar());
        expect(await cars.update(aRequest(), 1, fields)).toEqual(car);
        expect(await cars.update(aRequest(), 1, fields, (version) => version === 1)).toEqual(car);
        expect(await cars.get(aRequest(), 1)).toEqual(car);
        expect((await cars.history(aRequest(), { carId: 1, limit: 10 })).changes).toHaveLength(1);
      },
    );

    it('evaluates a precondition first, even if the change changes nothing', async () => {
      const { cars } = store();
      await cars.create(aRequest(), aCar());
      expect(await outcomeOf(cars.update(aRequest(), 1, {}, (version) => version !== 1))).toBe(
        'version-mismatch',
      );
      expect(await outcomeOf(cars.update(aRequest(), 1, aCar(), () => false))).toBe('version-mismatch');
    });

    it.each([
      ['the case of a letter', 'golf'],
      ['a blank', 'Golf  '],
      ['a letter that looks the same', 'G\u043elf'],
      ['an invisible character', 'Golf\u200d'],
      ['a letter that one collation ignores', 'Golf\u00ad'],
    ])('makes a new version if a text differs only in %s', async (_, model) => {
      const { cars } = store();
      await cars.create(aRequest(), aCar());
      const changed = { ...aCar({ model }), id: 1, version: 2 };
      expect(await cars.update(aRequest(), 1, { model })).toEqual(changed);
      expect(await cars.get(aRequest(), 1)).toEqual(changed);
      const { changes } = await cars.history(aRequest(), { carId: 1, limit: 10 });
      expect(changes.map(({ version }) => version)).toEqual([2, 1]);
    });

    it('deletes a car once, and only that one', async () => {
      const { cars } = store();
      await cars.create(aRequest(), aCar());
      await cars.create(aRequest(), aCar());
      expect(await cars.delete(aRequest(), 1)).toBeUndefined();
      expect(await outcomeOf(cars.get(aRequest(), 1))).toBe('car-not-found');
      expect(await outcomeOf(cars.update(aRequest(), 1, {}))).toBe('car-not-found');
      expect(await outcomeOf(cars.delete(aRequest(), 1))).toBe('car-not-found');
      expect(await cars.get(aRequest(), 2)).toMatchObject({ id: 2, version: 1 });
      expect(await cars.count(aRequest(), {})).toBe(1);
    });

    it('rejects with `car-not-found`, whatever the precondition', async () => {
      const { cars } = store();
      await cars.create(aRequest(), aCar());
      for (const id of [2, 2 ** 31, 2 ** 32, CAR_RULES.idMax]) {
        expect(await outcomeOf(cars.get(aRequest(), id))).toBe('car-not-found');
        expect(await outcomeOf(cars.update(aRequest(), id, aCar(), () => false))).toBe('car-not-found');
        expect(await outcomeOf(cars.update(aRequest(), id, aCar(), () => true))).toBe('car-not-found');
        expect(await outcomeOf(cars.delete(aRequest(), id, () => false))).toBe('car-not-found');
      }
      expect(await cars.count(aRequest(), {})).toBe(1);
    });

    it('evaluates a precondition on the stored version', async () => {
      const { cars } = store();
      await cars.create(aRequest(), aCar());
      const asked: number[] = [];
      const is = (wanted: number) => (version: number) => {
        asked.push(version);
        return version === wanted;
      };
      expect(await outcomeOf(cars.update(aRequest(), 1, { year: 2019 }, is(2)))).toBe('version-mismatch');
      expect(await cars.get(aRequest(), 1)).toEqual({ ...aCar(), id: 1, version: 1 });
      expect(await cars.update(aRequest(), 1, { year: 2020 }, is(1))).toMatchObject({
        year: 2020,
        version: 2,
      });
      expect(await outcomeOf(cars.update(aRequest(), 1, { year: 2021 }, is(1)))).toBe('version-mismatch');
      expect(await outcomeOf(cars.delete(aRequest(), 1, is(1)))).toBe('version-mismatch');
      expect(await cars.get(aRequest(), 1)).toMatchObject({ year: 2020, version: 2 });
      expect(await cars.delete(aRequest(), 1, is(2))).toBeUndefined();
      expect(asked).toEqual([1, 1, 2, 2, 2]);
    });

    it.each([
      ['without', undefined],
      ['with', { caller: '', key: 'k' }],
    ])('creates no car %s a key if its id would be 2^53 or more, and serves the others', async (_, key) => {
      const { cars, setNextId } = store();
      await cars.create(aRequest(), aCar());
      await setNextId(Number.MAX_SAFE_INTEGER + 1);
      const failed = await Promise.allSettled([
        cars.create(aRequest(), aCar(), key),
        cars.create(aRequest(), aCar({ year: 1999 })),
        cars.update(aRequest(), 1, { year: 2000 }),
      ]);
      expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
      for (const outcome of failed.slice(0, 2)) {
        expect(outcome).toMatchObject({ reason: { message: expect.stringContaining('2^53') } });
      }
      expect(await cars.count(aRequest(), {})).toBe(1);
      const { cars: listed } = await cars.list(aRequest(), { filter: {}, sort: sortOf('id'), limit: 9 });
      expect(listed).toEqual([{ ...aCar({ year: 2000 }), id: 1 }]);
    });

    it('reads, changes and deletes a car with the maximum id', async () => {
      const { cars, setNextId } = store();
      await cars.create(aRequest(), aCar());
      const id = CAR_RULES.idMax;
      await setNextId(id);
      expect(await cars.create(aRequest(), aCar({ brand: 'Last' }))).toMatchObject({ car: { id } });
      expect(await cars.get(aRequest(), id)).toMatchObject({ brand: 'Last', id, version: 1 });
      expect(await outcomeOf(cars.get(aRequest(), id - 1))).toBe('car-not-found');
      expect(await cars.update(aRequest(), id, { year: 2001 })).toMatchObject({
        brand: 'Last',
        id,
        year: 2001,
        version: 2,
      });
      const behindFirst = await cars.list(aRequest(), {
        filter: {},
        sort: sortOf('id'),
        limit: 1,
        after: [1],
      });
      expect(behindFirst).toMatchObject({ cars: [{ id }], more: false });
      const behindLast = await cars.list(aRequest(), {
        filter: {},
        sort: sortOf('-id'),
        limit: 5,
        after: [id],
      });
      expect(behindLast.cars.map((car) => car.id)).toEqual([1]);
      await cars.delete(aRequest(), id);
      expect(await outcomeOf(cars.get(aRequest(), id))).toBe('car-not-found');
    });
  });
}

/** As lists show it. */
function listed({ version: _, ...car }: Car): ListedCar {
  return car;
}
