/**
 * The contract of the audit trail: every applied change has exactly one entry, and nothing else has
 * one.
 */

import { describe, expect, it } from 'vitest';
import type { CarFields } from '../../../src/cars/car.ts';
import type { CarChange } from '../../../src/cars/car-change.ts';
import type { CarStore } from '../../../src/cars/car-store.ts';
import { aCar, ann, aRequest, manyCars, outcomeOf, outcomesOf } from '../../support/cars.ts';
import type { StoreOfTest } from '../car-store.contract.ts';

const bob = { caller: "bob 🚗 'x'", requestId: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~' };

/** Every entry of a car, the oldest first, without what differs from run to run. */
async function entriesOf(cars: CarStore, carId: number) {
  const { changes, more } = await cars.history(aRequest(), { carId, limit: 1000 });
  expect(more).toBe(false);
  const ids = changes.map(({ id }) => id);
  expect(ids).toEqual(ids.toSorted((a, b) => b - a));
  expect(new Set(ids).size).toBe(ids.length);
  return changes.toReversed().map(({ id: _, time: __, ...entry }) => entry);
}

const entry = (
  kind: CarChange['kind'],
  version: number,
  before: CarFields | null,
  after: CarFields | null,
  author = ann,
) => ({ kind, version, author, before, after });

export function describeHistory(store: StoreOfTest): void {
  describe('the history of a car', () => {
    // Proves: unknown-author
    it('lists its creation, each change and its deletion, with author, request, and the fields before and after', async () => {
      const { cars } = store();
      const golf = aCar();
      const polo = { ...golf, model: 'Polo' };
      await cars.create(aRequest(), golf);
      await cars.update(aRequest(bob), 1, { model: 'Polo' });
      await cars.update(aRequest(), 1, {});
      await cars.delete(aRequest(bob), 1);
      expect(await entriesOf(cars, 1)).toEqual([
        entry('created', 1, null, golf),
        entry('updated', 2, golf, polo, bob),
        entry('deleted', 3, polo, null, bob),
      ]);
    });

    it('has the time of each change in milliseconds, by the clock of the database', async () => {
      const { cars } = store();
      const before = Date.now();
      await cars.create(aRequest(), aCar());
      await cars.update(aRequest(), 1, { year: 2000 });
      const { changes } = await cars.history(aRequest(), { carId: 1, limit: 2 });
      for (const { time } of changes) {
        // A database server's clock may be read a little earlier or later than ours.
        expect(Math.abs(time.getTime() - before)).toBeLessThan(60_000);
      }
    });

    it('stores empty and maximum-length names of clients', async () => {
      const { cars } = store();
      const names = ['', 'x'.repeat(255), '𐐀'.repeat(255)];
      for (const caller of names) await cars.create(aRequest({ caller, requestId: 'r'.repeat(128) }), aCar());
      const told = await Promise.all(names.map((_, index) => entriesOf(cars, index + 1)));
      expect(told.flat().map(({ author }) => author)).toEqual(
        names.map((caller) => ({ caller, requestId: 'r'.repeat(128) })),
      );
    });

    it.each([
      "O'Hara \\ \\' \\0 %_ ?",
      '"); DROP TABLE car_changes; -- ',
      'ẞß İı ΑΣ Ⱥ \uE000 🚗 𐐀',
      '𐐀'.repeat(100),
    ])('keeps the text %j letter by letter', async (text) => {
      const { cars } = store();
      const odd = { brand: text, model: text, year: 2100 };
      await cars.create(aRequest(), odd);
      await cars.update(aRequest(), 1, aCar());
      expect(await entriesOf(cars, 1)).toEqual([
        entry('created', 1, null, odd),
        entry('updated', 2, odd, aCar()),
      ]);
    });

    it('has one entry for each of many concurrent creations, with and without keys, and none for a replay', async () => {
      const { cars } = store();
      const wanted = manyCars(300);
      const create = (fields: CarFields, index: number) => {
        const author = { caller: 'ann', requestId: `r-${index}` };
        const key = index % 3 === 0 ? { caller: 'ann', key: `k ${index}` } : undefined;
        return cars.create(aRequest(author), fields, key);
      };
      const created = await Promise.all(wanted.map(create));
      await Promise.all(wanted.map((fields, index) => (index % 3 === 0 ? create(fields, index) : undefined)));
      for (const [index, { car }] of created.entries()) {
        const author = { caller: 'ann', requestId: `r-${index}` };
        const fields = wanted[index] as CarFields;
        expect(await entriesOf(cars, car.id)).toEqual([entry('created', 1, null, fields, author)]);
      }
    });

    it('has one entry for 200 concurrent duplicates', async () => {
      const { cars } = store();
      const key = { caller: 'ann', key: 'k' };
      const answers = await Promise.all(
        Array.from({ length: 200 }, () => cars.create(aRequest(), aCar(), key)),
      );
      const ids = new Set(answers.map(({ car }) => car.id));
      expect(ids.size).toBe(1);
      expect(await entriesOf(cars, answers[0]?.car.id ?? 0)).toHaveLength(1);
    });

    it('has every one of many concurrent changes to a car, each starting from the result of the one before', async () => {
      const { cars } = store();
      await Promise.all(manyCars(5).map((fields) => cars.create(aRequest(), fields)));
      const changes = Array.from({ length: 200 }, (_, index) =>
        cars.update(aRequest({ caller: 'ann', requestId: `r-${index}` }), 1 + (index % 5), {
          year: 1900 + index,
        }),
      );
      await Promise.all(changes);
      const requests = new Set<string>();
      for (const id of [1, 2, 3, 4, 5]) {
        const entries = await entriesOf(cars, id);
        expect(entries.map(({ version }) => version)).toEqual(Array.from({ length: 41 }, (_, i) => i + 1));
        for (const [index, { before, author }] of entries.entries()) {
          expect(before).toEqual(entries[index - 1]?.after ?? null);
          if (index > 0) requests.add(author.requestId);
        }
        const { id: _, version: __, ...now } = await cars.get(aRequest(), id);
        expect(entries.at(-1)?.after).toEqual(now);
      }
      expect(requests.size).toBe(200);
    });

    it('ends with one deletion if many concurrent requests ask for it among changes', async () => {
      const { cars } = store();
      await cars.create(aRequest(), aCar());
      const calls = Array.from({ length: 60 }, (_, index) =>
        index % 6 === 5
          ? outcomeOf(cars.delete(aRequest(), 1))
          : outcomeOf(cars.update(aRequest(), 1, { year: 2000 + index })),
      );
      const outcomes = await Promise.all(calls);
      const applied = outcomes.filter((outcome) => typeof outcome !== 'string').length;
      const kinds = (await entriesOf(cars, 1)).map(({ kind }) => kind);
      expect(kinds).toHaveLength(1 + applied);
      expect(kinds.indexOf('deleted')).toBe(kinds.length - 1);
    });

    it('has no entry for a change that was rejected', async () => {
      const { cars } = store();
      const key = { caller: 'ann', key: 'k' };
      await cars.create(aRequest(), aCar(), key);
      await cars.create(aRequest(), aCar());
      await outcomesOf<unknown>([
        cars.update(aRequest(), 1, { year: 1990 }, () => false),
        cars.delete(aRequest(), 1, () => false),
        cars.update(aRequest(), 9, { year: 1990 }),
        cars.create(aRequest(), aCar({ year: 1990 }), key),
      ]);
      for (const id of [1, 2]) expect(await entriesOf(cars, id)).toHaveLength(1);
      expect(await outcomeOf(cars.history(aRequest(), { carId: 9, limit: 1 }))).toBe('car-not-found');
    });

    it('is read page by page without gaps or repeats, even if the car changes meanwhile', async () => {
      const { cars } = store();
      await cars.create(aRequest(), aCar());
      await cars.create(aRequest(), aCar());
      for (const year of [2001, 2002, 2003, 2004]) {
        await cars.update(aRequest(), 1, { year });
        await cars.update(aRequest(), 2, { year });
      }
      const first = await cars.history(aRequest(), { carId: 1, limit: 2 });
      expect(first.changes.map(({ version }) => version)).toEqual([5, 4]);
      expect(first.more).toBe(true);
      await cars.update(aRequest(), 1, { year: 2005 });
      const second = await cars.history(aRequest(), {
        carId: 1,
        limit: 2,
        olderThan: first.changes[1]?.id ?? 0,
      });
      expect(second.changes.map(({ version }) => version)).toEqual([3, 2]);
      const third = await cars.history(aRequest(), {
        carId: 1,
        limit: 2,
        olderThan: second.changes[1]?.id ?? 0,
      });
      expect(third.changes.map(({ version }) => version)).toEqual([1]);
      expect([second.more, third.more]).toEqual([true, false]);
      const oldest = third.changes[0]?.id ?? 0;
      expect(await cars.history(aRequest(), { carId: 1, limit: 2, olderThan: oldest })).toEqual({
        changes: [],
        more: false,
      });
    });

    it('is empty for a car that is older than the trail, and `car-not-found` for a car that never existed', async () => {
      const { cars, forgetChanges } = store();
      await cars.create(aRequest(), aCar());
      await cars.create(aRequest(), aCar());
      await cars.delete(aRequest(), 2);
      await forgetChanges();
      expect(await cars.history(aRequest(), { carId: 1, limit: 9 })).toEqual({ changes: [], more: false });
      expect(await outcomeOf(cars.history(aRequest(), { carId: 2, limit: 9 }))).toBe('car-not-found');
      await cars.update(aRequest(), 1, { year: 1990 });
      expect(await entriesOf(cars, 1)).toEqual([entry('updated', 2, aCar(), aCar({ year: 1990 }))]);
    });
  });
}
