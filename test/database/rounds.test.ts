/** Rounds by themselves, without a server: what becomes of a call that leaves its round. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { CarError } from '../../src/cars/car-error.ts';
import { newUsage } from '../../src/cars/request-context.ts';
import { ER } from '../../src/database/mysql/errors.ts';
import { createRounds } from '../../src/database/mysql/rounds.ts';
import { outcomesOf } from '../support/cars.ts';

const isLocked = () => Object.assign(new Error('locked'), { errno: ER.LOCK_NOWAIT });

it('lets the process live when a call fails by itself before the others of its round are decided', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const rounds = createRounds<string, { readonly done: string }>({
    name: 'test',
    keyOf: (item) => item,
    async run(items, patient) {
      if (patient) return items.map(() => new CarError('version-mismatch'));
      if (items.includes('locked')) throw isLocked();
      await sleep(100);
      return items.map((done) => ({ done }));
    },
    tooLate: 'unavailable',
  });
  const outcomes = await outcomesOf([rounds.add('locked', newUsage()), rounds.add('free', newUsage())]);
  expect(outcomes).toEqual(['version-mismatch', { done: 'free' }]);
  expect(unhandled).toEqual([]);
});
