/** After one slow list, the others of its round are asked again, without taking all connections. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { CarPage } from '../../src/cars/car-list.ts';
import { createCarStore } from '../../src/database/mysql/car-store.ts';
import type { ConnectionPool } from '../../src/database/mysql/connection-pool.ts';
import { TIMING } from '../../src/database/mysql/timing.ts';
import { aRequest, outcomesOf, sortOf } from '../support/cars.ts';

const PAGE: CarPage = { cars: [], more: false };

/** What the server says about a statement that took too long. */
const tooSlow = Object.assign(new Error('max_execution_time exceeded'), { errno: 3024, sqlState: 'HY000' });

/**
 * A store whose server stops each round after so many milliseconds, and answers single lists.
 * Counts what is asked.
 */
function aStore(untilSlow: number) {
  const asked = { rounds: 0, alone: 0, atOnce: 0 };
  let running = 0;
  const pool = {
    async withConnection() {
      if (asked.rounds < 2) {
        asked.rounds += 1;
        await sleep(untilSlow);
        throw tooSlow;
      }
      running += 1;
      asked.alone += 1;
      asked.atOnce = Math.max(asked.atOnce, running);
      await sleep(20);
      running -= 1;
      return [PAGE];
    },
  } as unknown as ConnectionPool;
  return { cars: createCarStore(pool, false), asked };
}

/** Two rounds of eight different lists each. */
const listAll = ({ cars }: ReturnType<typeof aStore>) =>
  outcomesOf(
    Array.from({ length: 16 }, (_, year) =>
      cars.list(aRequest(), { filter: { year: [1900 + year] }, sort: sortOf('id'), limit: 20 }),
    ),
  );

it('asks two of them at a time', async () => {
  const store = aStore(50);
  expect(await listAll(store)).toEqual(Array(16).fill(PAGE));
  expect(store.asked).toEqual({ rounds: 2, alone: 16, atOnce: 2 });
});

it('does not ask again if too little time is left', async () => {
  const store = aStore(TIMING.answer - TIMING.again + 20);
  expect(await listAll(store)).toEqual(Array(16).fill('unavailable'));
  expect(store.asked).toMatchObject({ rounds: 2, alone: 0 });
});
