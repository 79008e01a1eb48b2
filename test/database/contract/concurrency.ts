/** The contract of concurrent requests: each has its own outcome, and none is lost. */

import { describe, expect, it } from 'vitest';
import type { CarStore } from '../../../src/cars/car-store.ts';
import { aCar, aRequest, manyCars, outcomeOf, outcomesOf } from '../../support/cars.ts';
import type { StoreOfTest } from '../car-store.contract.ts';

export function describeConcurrency(store: StoreOfTest): void {
  describe('many concurrent requests', () => {
    it('assigns each of 500 new cars its own id and its own fields', async () => {
      const { cars } = store();
      const wanted = manyCars(500);
      const created = await Promise.all(wanted.map((fields) => cars.create(aRequest(), fields)));
      expect(created.map(({ car: { id, version, ...fields } }) => fields)).toEqual(wanted);
      const ids = created.map(({ car }) => car.id).sort((a, b) => a - b);
      expect(ids).toEqual(wanted.map((_, index) => index + 1));
      const stored = await Promise.all(created.map(({ car }) => cars.get(aRequest(), car.id)));
      expect(stored).toEqual(created.map(({ car }) => car));
    });

    it('returns to each read its own car, even if others ask for the same or a missing one', async () => {
      const { cars } = store();
      await Promise.all(manyCars(20).map((fields) => cars.create(aRequest(), fields)));
      const ids = Array.from({ length: 300 }, (_, index) => (index * 7) % 25);
      const outcomes = await outcomesOf(ids.map((id) => cars.get(aRequest(), id)));
      const told = outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : outcome.id));
      expect(told).toEqual(ids.map((id) => (id >= 1 && id <= 20 ? id : 'car-not-found')));
    });

    it('loses no change when 40 clients read, decide and write one car until they succeed', async () => {
      const { cars } = store();
      await cars.create(aRequest(), aCar({ year: 1900 }));
      await Promise.all(Array.from({ length: 40 }, () => addOneYear(cars)));
      expect(await cars.get(aRequest(), 1)).toMatchObject({ year: 1940, version: 41 });
    });

    it('applies exactly one of many changes with the same precondition', async () => {
      const { cars } = store();
      await cars.create(aRequest(), aCar());
      const calls = Array.from({ length: 100 }, (_, index) =>
        cars.update(aRequest(), 1, { year: 1900 + index }, (version) => version === 1),
      );
      const outcomes = await outcomesOf(calls);
      const winners = outcomes.filter((outcome) => outcome !== 'version-mismatch');
      expect(winners).toHaveLength(1);
      expect(winners[0]).toEqual(await cars.get(aRequest(), 1));
    });

    it('applies exactly one of many deletions of a car', async () => {
      const { cars } = store();
      await cars.create(aRequest(), aCar());
      const outcomes = await outcomesOf(Array.from({ length: 50 }, () => cars.delete(aRequest(), 1)));
      expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'car-not-found')).toHaveLength(49);
    });

    it('keeps concurrent changes to different fields of one car', async () => {
      const { cars } = store();
      await cars.create(aRequest(), aCar());
      const changes = [{ brand: 'Seat' }, { model: 'Ibiza' }, { year: 1984 }];
      const answers = await Promise.all(changes.map((fields) => cars.update(aRequest(), 1, fields)));
      expect(answers.map((car) => car.version).sort()).toEqual([2, 3, 4]);
      expect(await cars.get(aRequest(), 1)).toEqual({
        ...aCar({ brand: 'Seat', model: 'Ibiza', year: 1984 }),
        id: 1,
        version: 4,
      });
    });

    it('applies 600 concurrent changes to 30 cars, each exactly once', async () => {
      const { cars } = store();
      await Promise.all(manyCars(30).map((fields) => cars.create(aRequest(), fields)));
      const ids = Array.from({ length: 600 }, (_, index) => 1 + ((index * 17) % 30));
      await Promise.all(ids.map((id, index) => cars.update(aRequest(), id, { model: `${index}` })));
      const all = await Promise.all(manyCars(30).map((_, index) => cars.get(aRequest(), index + 1)));
      expect(all.map((car) => car.version)).toEqual(Array.from({ length: 30 }, () => 21));
    });

    it('makes one version of many concurrent equal changes, next to others that change', async () => {
      const { cars } = store();
      await Promise.all(manyCars(4).map((fields) => cars.create(aRequest(), fields)));
      const years = Array.from({ length: 120 }, (_, index) => (index % 4 === 3 ? 1900 + index : 1890));
      const answers = await Promise.all(
        years.map((year, index) => cars.update(aRequest(), 1 + (index % 4), { year })),
      );
      const versionsOf = (id: number) => answers.filter((car) => car.id === id).map((car) => car.version);
      for (const id of [1, 2, 3]) expect(new Set(versionsOf(id))).toEqual(new Set([2]));
      expect(versionsOf(4)).toEqual(Array.from({ length: 30 }, (_, index) => index + 2));
      for (const [id, entries] of [
        [1, 2],
        [4, 31],
      ] as const) {
        const { changes } = await cars.history(aRequest(), { carId: id, limit: 100 });
        expect([changes.length, (await cars.get(aRequest(), id)).version]).toEqual([entries, entries]);
      }
    });

    it('returns to each request of a mixed burst its own outcome', async () => {
      const { cars } = store();
      const existing = await Promise.all(manyCars(40).map((fields) => cars.create(aRequest(), fields)));
      const key = { caller: 'tester', key: 'taken' };
      await cars.create(aRequest(), aCar(), key);
      const bursts = existing.map(async ({ car: { id } }) => ({
        stale: await outcomeOf(cars.update(aRequest(), id, { year: 1990 }, (version) => version === 7)),
        fresh: await outcomeOf(cars.update(aRequest(), id, { year: 1991 }, (version) => version === 1)),
        missing: await outcomeOf(cars.update(aRequest(), id + 1000, { year: 1992 })),
        staleDelete: await outcomeOf(cars.delete(aRequest(), id, (version) => version === 1)),
        reused: await outcomeOf(cars.create(aRequest(), aCar({ year: 1886 }), key)),
        replayed: await outcomeOf(cars.create(aRequest(), aCar(), key)),
        deleted: id % 2 === 0 ? await outcomeOf(cars.delete(aRequest(), id)) : 'kept',
        after: await outcomeOf(cars.get(aRequest(), id)),
      }));
      const outcomes = await Promise.all(bursts);
      const expected = existing.map(({ car }) => {
        const changed = { ...car, year: 1991, version: 2 };
        return {
          stale: 'version-mismatch',
          fresh: changed,
          missing: 'car-not-found',
          staleDelete: 'version-mismatch',
          reused: 'idempotency-key-reused',
          replayed: { car: { ...aCar(), id: 41, version: 1 }, replayed: true },
          deleted: car.id % 2 === 0 ? undefined : 'kept',
          after: car.id % 2 === 0 ? 'car-not-found' : changed,
        };
      });
      expect(outcomes).toEqual(expected);
      expect(await cars.count(aRequest(), { year: [1991] })).toBe(20);
      expect(await cars.count(aRequest(), {})).toBe(21);
    });
  });
}

async function addOneYear(cars: CarStore): Promise<void> {
  for (;;) {
    const { version, year } = await cars.get(aRequest(), 1);
    const outcome = await outcomeOf(
      cars.update(aRequest(), 1, { year: year + 1 }, (stored) => stored === version),
    );
    if (typeof outcome !== 'string') return;
    expect(outcome).toBe('version-mismatch');
  }
}
