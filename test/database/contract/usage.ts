/** What a call tells of its use: the log's line of each request is made of it. */

import { describe, expect, it } from 'vitest';
import type { Usage } from '../../../src/cars/usage.ts';
import { aCar, ann, manyCars, sortOf } from '../../support/cars.ts';
import type { StoreOfTest } from '../car-store.contract.ts';

const LIST = { filter: {}, sort: sortOf('id'), limit: 100 };

const nothing = (): Usage => ({ waited: 0, worked: 0, rows: 0, shed: undefined });

export function describeUsage(store: StoreOfTest): void {
  describe('the use of a call', () => {
    it('is the cars that it read or changed, and the time that the database took', async () => {
      const { cars } = store();
      const { car } = await cars.create(ann, aCar());
      const calls: [number, (usage: Usage) => Promise<unknown>][] = [
        [1, (usage) => cars.create(ann, aCar(), undefined, usage)],
        [1, (usage) => cars.create(ann, aCar(), { caller: '', key: 'a' }, usage)],
        [1, (usage) => cars.get(car.id, usage)],
        [1, (usage) => cars.update(ann, car.id, { year: 2000 }, undefined, usage)],
        [3, (usage) => cars.list(LIST, usage)],
        [0, (usage) => cars.count({}, usage)],
        [2, (usage) => cars.history({ carId: car.id, limit: 100 }, usage)],
        [1, (usage) => cars.delete(ann, car.id, undefined, usage)],
      ];
      for (const [rows, call] of calls) {
        const usage = nothing();
        const begun = performance.now();
        await call(usage);
        expect(usage).toMatchObject({ rows, shed: undefined });
        expect(usage.worked).toBeGreaterThan(0);
        expect(usage.waited).toBeGreaterThanOrEqual(0);
        expect(usage.waited + usage.worked).toBeLessThanOrEqual(performance.now() - begun);
      }
    });

    it('is no car for a call that fails, but the time all the same', async () => {
      const { cars } = store();
      for (const call of [cars.get, (id: number, usage: Usage) => cars.delete(ann, id, undefined, usage)]) {
        const usage = nothing();
        await expect(call(99, usage)).rejects.toMatchObject({ code: 'car-not-found' });
        expect(usage.rows).toBe(0);
        expect(usage.worked).toBeGreaterThan(0);
      }
    });

    it('is told to each of those who get one page together', async () => {
      const { cars } = store();
      await Promise.all(manyCars(5).map((car) => cars.create(ann, car)));
      const usages = Array.from({ length: 20 }, nothing);
      await Promise.all(usages.map((usage) => cars.list(LIST, usage)));
      for (const usage of usages) {
        expect(usage.rows).toBe(5);
        expect(usage.waited + usage.worked).toBeGreaterThan(0);
      }
    });
  });
}
