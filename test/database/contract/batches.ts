/** The contract of batches: all cars or none, ids in order, entries in the trail, and stored answers. */

import { describe, expect, it } from 'vitest';
import { BATCH_MAX_CARS, type BatchKey } from '../../../src/cars/car-batch.ts';
import { completeSort } from '../../../src/cars/car-list.ts';
import { IDEMPOTENCY_KEY_HOURS } from '../../../src/cars/idempotency.ts';
import { newUsage } from '../../../src/cars/request-context.ts';
import { aCar, ann, aRequest, manyCars, outcomeOf, outcomesOf } from '../../support/cars.ts';
import type { StoreOfTest } from '../car-store.contract.ts';

const DAY = IDEMPOTENCY_KEY_HOURS * 3600;
const MARGIN = 60;

function aKey(difference: Partial<BatchKey> = {}): BatchKey {
  return { caller: 'ann', key: 'k-1', fingerprint: 'ab'.repeat(32), rejected: '[]', ...difference };
}

/** Texts that a statement must quote, and the longest ones. */
const HOSTILE = ["'); DROP TABLE cars; --", '\\', '"', '🚗'.repeat(100), "'".repeat(100)].map((text) =>
  aCar({ brand: text, model: text }),
);

export function describeBatches(store: StoreOfTest): void {
  const stored = async () => {
    const page = await store().cars.list(aRequest(), { filter: {}, sort: completeSort([]), limit: 2000 });
    return page.cars;
  };

  describe('a batch', () => {
    it('creates its cars in their order, and returns their ids as ranges', async () => {
      const { cars } = store();
      const rows = [...HOSTILE, ...manyCars(BATCH_MAX_CARS - HOSTILE.length)];
      await cars.create(aRequest(), aCar());
      expect(await cars.createMany(aRequest(), rows)).toEqual({
        ids: [[2, BATCH_MAX_CARS + 1]],
        rejected: '',
        replayed: false,
      });
      const [, ...created] = await stored();
      expect(created).toEqual(rows.map((fields, index) => ({ ...fields, id: index + 2 })));
      expect(await cars.get(aRequest(), 3)).toEqual({ ...rows[1], id: 3, version: 1 });
      // Found by its keys as well.
      expect(await cars.count(aRequest(), { brand: [HOSTILE[0]?.brand ?? ''] })).toBe(1);
    });

    it('writes an entry of its author for each car', async () => {
      const { cars } = store();
      const author = { caller: "o'hara", requestId: 'r-\\' };
      await cars.createMany(aRequest(author), manyCars(3));
      for (const [index, after] of manyCars(3).entries()) {
        const { changes } = await cars.history(aRequest(), { carId: index + 1, limit: 10 });
        expect(changes).toMatchObject([{ kind: 'created', version: 1, author, before: null, after }]);
      }
    });

    it('may be empty', async () => {
      const { cars } = store();
      expect(await cars.createMany(aRequest(), [])).toEqual({ ids: [], rejected: '', replayed: false });
      const answer = { ids: [], rejected: '["x"]' };
      const key = aKey({ rejected: '["x"]' });
      expect(await cars.createMany(aRequest(), [], key)).toEqual({ ...answer, replayed: false });
      expect(await cars.createMany(aRequest(), [], key)).toEqual({ ...answer, replayed: true });
    });

    it('creates nothing if its last id would be 2^53', async () => {
      const { cars, setNextId } = store();
      await cars.create(aRequest(), aCar());
      await setNextId(Number.MAX_SAFE_INTEGER - 1);
      await expect(cars.createMany(aRequest(), manyCars(3))).rejects.toThrow('2^53');
      expect(await stored()).toHaveLength(1);
      const history = cars.history(aRequest(), { carId: Number.MAX_SAFE_INTEGER - 1, limit: 1 });
      expect(await outcomeOf(history)).toBe('car-not-found');
    });

    it('notes the number of its cars', async () => {
      const { cars } = store();
      const usage = newUsage();
      await cars.createMany(aRequest(ann, usage), manyCars(7));
      expect(usage).toMatchObject({ rows: 7, shed: undefined });
    });

    it('runs beside others and beside single writes, each with ids of its own', async () => {
      const { cars } = store();
      const sizes = [1, 40, 3, 70, 20, 100, 5];
      const calls = sizes.flatMap((size, index) => [
        cars.createMany(
          aRequest(),
          manyCars(size),
          index % 2 === 0 ? undefined : aKey({ key: `k-${index}` }),
        ),
        cars.create(aRequest(), aCar()).then(({ car }) => ({ ids: [[car.id, car.id]] as const })),
      ]);
      const ranges = (await Promise.all(calls)).flatMap(({ ids }) => ids);
      const lengths = ranges.map(([first, last]) => last - first + 1);
      expect(lengths).toEqual(sizes.flatMap((size) => [size, 1]));
      const total = lengths.reduce((sum, length) => sum + length);
      const ids = ranges.flatMap(([first, last]) =>
        Array.from({ length: last - first + 1 }, (_, index) => first + index),
      );
      expect(new Set(ids).size).toBe(total);
      expect(await cars.count(aRequest(), {})).toBe(total);
    });
  });

  describe('a batch with an idempotency key', () => {
    it('creates its cars once, and returns the first answer to every repetition', async () => {
      const { cars } = store();
      const key = aKey({ rejected: `[${JSON.stringify("'\\🚗")}]` });
      const first = await cars.createMany(aRequest(), manyCars(3), key);
      expect(first).toEqual({ ids: [[1, 3]], rejected: key.rejected, replayed: false });
      await cars.delete(aRequest(), 2);
      for (const _ of [1, 2])
        expect(await cars.createMany(aRequest(), manyCars(3), { ...key, rejected: 'other' })).toEqual({
          ...first,
          replayed: true,
        });
      expect(await cars.count(aRequest(), {})).toBe(2);
    });

    it('rejects a key that was used for another request, and creates nothing', async () => {
      const { cars } = store();
      await cars.createMany(aRequest(), manyCars(3), aKey());
      const other = aKey({ fingerprint: 'cd'.repeat(32) });
      expect(await outcomeOf(cars.createMany(aRequest(), manyCars(3), other))).toBe('idempotency-key-reused');
      expect(await cars.count(aRequest(), {})).toBe(3);
    });

    it('keeps the keys of two clients apart, and those of single cars', async () => {
      const { cars } = store();
      await cars.createMany(aRequest(), manyCars(1), aKey());
      const bob = await cars.createMany(aRequest(), manyCars(1), aKey({ caller: 'bob' }));
      const single = await cars.create(aRequest(), aCar(), { caller: 'ann', key: 'k-1' });
      expect([bob.replayed, single.replayed]).toEqual([false, false]);
    });

    it('creates its cars once for many concurrent duplicates', async () => {
      const { cars } = store();
      const calls = Array.from({ length: 30 }, () => cars.createMany(aRequest(), manyCars(50), aKey()));
      const answers = await Promise.all(calls);
      expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(new Set(answers.map(({ ids }) => JSON.stringify(ids))).size).toBe(1);
      expect(await cars.count(aRequest(), {})).toBe(50);
    });

    it('gives the key to the request that came first', async () => {
      const { cars } = store();
      const fingerprints = ['a', 'b', 'a'].map((digit) => digit.repeat(64));
      const outcomes = await outcomesOf(
        fingerprints.map((fingerprint) => cars.createMany(aRequest(), manyCars(2), aKey({ fingerprint }))),
      );
      const answer = { ids: [[1, 2]], rejected: '[]' };
      expect(outcomes).toEqual([
        { ...answer, replayed: false },
        'idempotency-key-reused',
        { ...answer, replayed: true },
      ]);
    });

    it('may use its key again after a day, not before', async () => {
      const { cars, ageKeys } = store();
      await cars.createMany(aRequest(), manyCars(1), aKey());
      await ageKeys(DAY - MARGIN);
      expect(await cars.createMany(aRequest(), manyCars(1), aKey())).toMatchObject({ replayed: true });
      await ageKeys(MARGIN + 1);
      const again = aKey({ fingerprint: 'cd'.repeat(32) });
      expect(await cars.createMany(aRequest(), manyCars(2), again)).toMatchObject({ replayed: false });
      expect(await cars.createMany(aRequest(), manyCars(2), again)).toMatchObject({ replayed: true });
      expect(await cars.count(aRequest(), {})).toBe(3);
    });
  });
}
