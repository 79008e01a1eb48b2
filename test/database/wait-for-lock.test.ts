/** What happens to a write that leaves its batch to wait for a lock, without a server. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { CarError } from '../../src/cars/car-error.ts';
import { newUsage } from '../../src/cars/request-context.ts';
import { createBatch } from '../../src/database/batch.ts';
import { ER } from '../../src/database/mysql/errors.ts';
import { splitOnFailure } from '../../src/database/mysql/split-on-failure.ts';
import { TIMING } from '../../src/database/mysql/timing.ts';
import { waitForLock } from '../../src/database/mysql/wait-for-lock.ts';
import { outcomeOf, outcomesOf } from '../support/cars.ts';

const isLocked = () => Object.assign(new Error('locked'), { errno: ER.LOCK_NOWAIT });

interface Done {
  readonly done: string;
}

it('does not end the process when that write fails before the rest of its batch is decided', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const waiting = waitForLock<string, Done>(
    'test-lock',
    async (items) => items.map(() => new CarError('version-mismatch')),
    (item) => item,
    'unavailable',
  );
  const run = splitOnFailure<string, Done>(
    async (items) => {
      if (items.includes('locked')) throw isLocked();
      await sleep(100);
      return items.map((done) => ({ done }));
    },
    (item) => item,
    waiting,
  );
  const batch = createBatch<string, Done>({ name: 'test', maxSize: 2, maxConcurrent: 1, run });
  const outcomes = await outcomesOf([batch.add('locked', newUsage()), batch.add('free', newUsage())]);
  expect(outcomes).toEqual(['version-mismatch', { done: 'free' }]);
  expect(unhandled).toEqual([]);
});

it('does not try again after a lost race if too little time is left', async () => {
  let attempts = 0;
  const waiting = waitForLock<string, Done>(
    'test-lock',
    async () => {
      attempts += 1;
      await sleep(TIMING.lock - TIMING.again + 100);
      throw Object.assign(new Error('duplicate'), { errno: ER.DUP_ENTRY, sqlState: '23000' });
    },
    (item) => item,
    'idempotency-key-busy',
  );
  expect(await outcomeOf(waiting('late', performance.now() + TIMING.lock + 50))).toBe('idempotency-key-busy');
  expect(attempts).toBe(1);
});
