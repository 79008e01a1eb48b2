/** What a request's usage contains: it becomes part of the request's log line. */

import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../../src/cars/request-context.ts';
import { aCar, aRequest, manyCars, sortOf } from '../../support/cars.ts';
import type { StoreOfTest } from '../car-store.contract.ts';

const LIST = { filter: {}, sort: sortOf('id'), limit: 100 };

export function describeUsage(store: StoreOfTest): void {
  describe('the usage of a request', () => {
    it('is the cars that it read or changed, and the time that the database took', async () => {
      const { cars } = store();
      const { car } = await cars.create(aRequest(), aCar());
      const requests: [number, (context: RequestContext) => Promise<unknown>][] = [
        [1, (context) => cars.create(context, aCar())],
        [1, (context) => cars.create(context, aCar(), { caller: '', key: 'a' })],
        [1, (context) => cars.get(context, car.id)],
        [1, (context) => cars.update(context, car.id, { year: 2000 })],
        [3, (context) => cars.list(context, LIST)],
        [0, (context) => cars.count(context, {})],
        [0, (context) => cars.counts(context, { filter: {}, by: 'year', limit: 1 })],
        [2, (context) => cars.history(context, { carId: car.id, limit: 100 })],
        [1, (context) => cars.delete(context, car.id)],
      ];
      for (const [rows, ask] of requests) {
        const context = aRequest();
        const begun = performance.now();
        await ask(context);
        const { usage } = context;
        expect(usage).toMatchObject({ rows, shed: undefined });
        expect(usage.worked).toBeGreaterThan(0);
        expect(usage.waited).toBeGreaterThanOrEqual(0);
        expect(usage.waited + usage.worked).toBeLessThanOrEqual(performance.now() - begun);
      }
    });

    it('has no cars but the time if the request fails', async () => {
      const { cars } = store();
      for (const ask of [cars.get, cars.delete]) {
        const context = aRequest();
        await expect(ask(context, 99)).rejects.toMatchObject({ code: 'car-not-found' });
        expect(context.usage.rows).toBe(0);
        expect(context.usage.worked).toBeGreaterThan(0);
      }
    });

    it('is noted for each request of those that share one page', async () => {
      const { cars } = store();
      await Promise.all(manyCars(5).map((car) => cars.create(aRequest(), car)));
      const contexts = Array.from({ length: 20 }, () => aRequest());
      await Promise.all(contexts.map((context) => cars.list(context, LIST)));
      for (const { usage } of contexts) {
        expect(usage.rows).toBe(5);
        expect(usage.waited + usage.worked).toBeGreaterThan(0);
      }
    });
  });
}
