/**
 * The contract of the idempotency key: the same key with the same car returns the first answer, for
 * a day.
 */

import { describe, expect, it } from 'vitest';
import { IDEMPOTENCY_KEY_HOURS } from '../../../src/cars/idempotency.ts';
import { aCar, aRequest, manyCars, outcomeOf, outcomesOf } from '../../support/cars.ts';
import type { StoreOfTest } from '../car-store.contract.ts';

const DAY = IDEMPOTENCY_KEY_HOURS * 3600;

/** A clock's second may pass between making a key older and asking for it. */
const MARGIN = 60;

const aKey = (key = 'k-1', caller = 'ann') => ({ caller, key });

export function describeIdempotency(store: StoreOfTest): void {
  describe('a create with an idempotency key', () => {
    it('creates one car and returns the first answer to every repetition', async () => {
      const { cars } = store();
      const first = await cars.create(aRequest(), aCar(), aKey());
      expect(first).toEqual({ car: { ...aCar(), id: 1, version: 1 }, replayed: false });
      for (const _ of [1, 2]) {
        expect(await cars.create(aRequest(), aCar(), aKey())).toEqual({ car: first.car, replayed: true });
      }
      expect(await cars.count(aRequest(), {})).toBe(1);
      expect(await cars.create(aRequest(), aCar())).toMatchObject({ car: { id: 2 }, replayed: false });
    });

    it('returns the first answer even after the car was changed or deleted', async () => {
      const { cars } = store();
      const { car } = await cars.create(aRequest(), aCar(), aKey());
      await cars.update(aRequest(), car.id, { brand: 'Seat', year: 1990 });
      expect(await cars.create(aRequest(), aCar(), aKey())).toEqual({ car, replayed: true });
      await cars.delete(aRequest(), car.id);
      expect(await cars.create(aRequest(), aCar(), aKey())).toEqual({ car, replayed: true });
      expect(await cars.count(aRequest(), {})).toBe(0);
    });

    it.each([{ brand: 'Seat' }, { brand: 'VOLKSWAGEN' }, { model: 'Polo' }, { year: 2019 }])(
      'refuses a key that was used for a car that differs in %j, and creates nothing',
      async (difference) => {
        const { cars } = store();
        const { car } = await cars.create(aRequest(), aCar(), aKey());
        expect(await outcomeOf(cars.create(aRequest(), aCar(difference), aKey()))).toBe(
          'idempotency-key-reused',
        );
        expect(await cars.count(aRequest(), {})).toBe(1);
        expect(await cars.create(aRequest(), aCar(), aKey())).toEqual({ car, replayed: true });
      },
    );

    it('creates one car for 200 concurrent duplicates', async () => {
      const { cars } = store();
      const answers = await Promise.all(
        Array.from({ length: 200 }, () => cars.create(aRequest(), aCar(), aKey())),
      );
      expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
      expect(new Set(answers.map((answer) => answer.car.id)).size).toBe(1);
      expect(await cars.count(aRequest(), {})).toBe(1);
      expect(answers[0]?.car).toEqual(await cars.get(aRequest(), answers[0]?.car.id ?? 0));
    });

    it('gives the key to the request that came first', async () => {
      const { cars } = store();
      const outcomes = await outcomesOf(
        [2001, 2002, 2001].map((year) => cars.create(aRequest(), aCar({ year }), aKey())),
      );
      const car = { ...aCar({ year: 2001 }), id: 1, version: 1 };
      expect(outcomes).toEqual([{ car, replayed: false }, 'idempotency-key-reused', { car, replayed: true }]);
    });

    it('creates one car when 200 requests with one key describe two', async () => {
      const { cars } = store();
      const years = Array.from({ length: 200 }, (_, index) => 2000 + (index % 2));
      const outcomes = await outcomesOf(years.map((year) => cars.create(aRequest(), aCar({ year }), aKey())));
      const answers = outcomes.filter((outcome) => typeof outcome !== 'string');
      expect(answers).toHaveLength(100);
      expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'idempotency-key-reused')).toHaveLength(100);
      expect(new Set(answers.map((answer) => `${answer.car.id} ${answer.car.year}`)).size).toBe(1);
      expect(await cars.count(aRequest(), {})).toBe(1);
    });

    it('creates one car for each of 300 concurrent keys, and returns it to its repetition', async () => {
      const { cars } = store();
      const wanted = manyCars(300);
      const ask = () =>
        Promise.all(wanted.map((fields, index) => cars.create(aRequest(), fields, aKey(`key ${index}`))));
      const [some, others] = await Promise.all([ask(), ask()]);
      for (const [index, fields] of wanted.entries()) {
        const [one, other] = [some[index], others[index]];
        expect(one?.car).toMatchObject(fields);
        expect(other?.car).toEqual(one?.car);
        expect([one?.replayed, other?.replayed].sort()).toEqual([false, true]);
        expect(await cars.get(aRequest(), one?.car.id ?? 0)).toEqual(one?.car);
      }
      expect(await cars.count(aRequest(), {})).toBe(300);
    });

    it('separates the keys of different clients, and those of anonymous ones', async () => {
      const { cars } = store();
      const callers = ['ann', 'bob', '', 'Ann', 'ann '];
      const answers = await Promise.all(
        callers.map((caller, index) =>
          cars.create(aRequest(), aCar({ year: 2000 + index }), aKey('k-1', caller)),
        ),
      );
      expect(answers.every((answer) => !answer.replayed)).toBe(true);
      for (const [index, caller] of callers.entries()) {
        const again = await cars.create(aRequest(), aCar({ year: 2000 + index }), aKey('k-1', caller));
        expect(again).toEqual({ car: answers[index]?.car, replayed: true });
      }
    });

    it('distinguishes all printable keys, including case, blanks and length', async () => {
      const { cars } = store();
      const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
      const long = 'x'.repeat(254);
      const keys = [
        ...printable,
        'key',
        'KEY',
        'key ',
        ' key',
        `${long}a`,
        `${long}b`,
        "'",
        "''",
        '\\'.repeat(255),
      ];
      const distinct = [...new Set(keys)];
      const create = (key: string) => cars.create(aRequest(), aCar(), aKey(key));
      const answers = await Promise.all(distinct.map(create));
      expect(new Set(answers.map((answer) => answer.car.id)).size).toBe(distinct.length);
      const again = await Promise.all(distinct.map(create));
      expect(again).toEqual(answers.map(({ car }) => ({ car, replayed: true })));
    });

    it('remembers a key for one day', async () => {
      const { cars, ageKeys } = store();
      const first = await cars.create(aRequest(), aCar(), aKey());
      await ageKeys(DAY - MARGIN);
      expect(await cars.create(aRequest(), aCar(), aKey())).toEqual({ car: first.car, replayed: true });
      await ageKeys(MARGIN);
      const later = await cars.create(aRequest(), aCar({ year: 2020 }), aKey());
      expect(later).toMatchObject({ car: { id: 2, year: 2020 }, replayed: false });
      expect(await cars.create(aRequest(), aCar({ year: 2020 }), aKey())).toEqual({
        car: later.car,
        replayed: true,
      });
      expect(await cars.get(aRequest(), first.car.id)).toEqual(first.car);
    });

    it('creates one car for 200 duplicates whose key has expired, and keeps the keys that have not', async () => {
      const { cars, ageKeys } = store();
      await cars.create(aRequest(), aCar(), aKey('old'));
      await ageKeys(DAY);
      const kept = await cars.create(aRequest(), aCar(), aKey('new'));
      const answers = await Promise.all(
        Array.from({ length: 200 }, () => cars.create(aRequest(), aCar(), aKey('old'))),
      );
      expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
      expect(await cars.create(aRequest(), aCar(), aKey('new'))).toEqual({ car: kept.car, replayed: true });
      expect(await cars.count(aRequest(), {})).toBe(3);
    });
  });
}
