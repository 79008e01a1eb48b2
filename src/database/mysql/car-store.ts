/** Cars in MySQL: calls that arrive together travel together, each with its own outcome. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Car, CarFields } from '../../cars/car.ts';
import { CarError } from '../../cars/car-error.ts';
import type { CarStore } from '../../cars/car-store.ts';
import type { Created } from '../../cars/idempotency.ts';
import { createBatch, type Outcome } from '../batch.ts';
import { type Change, changeCars } from './change-cars.ts';
import type { Connections } from './connections.ts';
import { createCars, createCarsOnce, type KeyedCreate } from './create-cars.ts';
import { ER, errnoOf, isConnectionFault, toCarError } from './errors.ts';
import { countCars, getCars, listCars } from './read-cars.ts';
import type { Session } from './session.ts';

/** Rounds: big enough to share a round trip, small enough to stay far below `max_allowed_packet`. */
const ROUND = { maxSize: 128, maxConcurrent: 2 };

/** How often a call that lost a race (a deadlock, a twin that was faster) is tried in all. */
const ATTEMPTS = 4;

/** A call that failed later than this, in milliseconds, has used up its time: no second try. */
const REPEAT_WITHIN = 300;

export function createCarStore(connections: Connections): CarStore {
  const use = connections.use;

  /** Runs the items together; when that fails without having been applied, each alone, so that none pays for another. */
  async function together<Item, Result>(
    items: readonly Item[],
    run: (items: readonly Item[], alone: boolean) => Promise<readonly Outcome<Result>[]>,
    mayRepeat = false,
  ): Promise<readonly Outcome<Result>[]> {
    try {
      return await onceMore(() => run(items, false), mayRepeat);
    } catch (error) {
      if (errnoOf(error) === undefined || isConnectionFault(error)) throw toCarError(error);
      return Promise.all(items.map((item) => alone(() => run([item], true))));
    }
  }

  const get = createBatch<number, Car>({
    ...ROUND,
    run: (ids) => together(ids, (some) => use((session) => getCars(session, some))),
  });
  const create = createBatch<CarFields, Created>({
    ...ROUND,
    run: (cars) => together(cars, (some) => use((session) => createCars(session, some))),
  });
  const createOnce = createBatch<KeyedCreate, Created>({
    ...ROUND,
    run: (creates) =>
      together(creates, (some, wait) =>
        use((session) => createCarsOnce(session, some, wait)).catch((error) => {
          throw wait && errnoOf(error) === ER.LOCK_WAIT_TIMEOUT
            ? new CarError('idempotency-key-busy')
            : error;
        }),
      ),
  });
  const change = createBatch<Change, Car>({
    ...ROUND,
    run: (changes) => together(changes, (some) => use((session) => changeCars(session, some))),
  });

  return {
    create: (fields, idempotencyKey) =>
      idempotencyKey === undefined ? create(fields) : createOnce({ fields, idempotencyKey }),
    get,
    update: (id, fields, precondition) => change({ id, precondition, to: fields }),
    delete: async (id, precondition) => {
      await change({ id, precondition, to: 'delete' });
    },
    list: (query) => read((session) => listCars(session, query)),
    count: (filter) => read((session) => countCars(session, filter)),
  };

  async function read<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    try {
      return await onceMore(() => use(work), true);
    } catch (error) {
      throw toCarError(error);
    }
  }
}

/**
 * Runs work a second time when its connection turned out to be of no use: the pool then gives one that was opened
 * since. Not when it may have been applied, unless it may be repeated all the same.
 */
async function onceMore<Result>(run: () => Promise<Result>, mayRepeat: boolean): Promise<Result> {
  const begun = performance.now();
  try {
    return await run();
  } catch (error) {
    const inDoubt = error instanceof CarError && error.code === 'outcome-unknown';
    const isLate = performance.now() - begun > REPEAT_WITHIN;
    if (isLate || !isConnectionFault(error) || (inDoubt && !mayRepeat)) throw error;
    return run();
  }
}

/** Runs one item alone, again when it lost a race. */
async function alone<Result>(run: () => Promise<readonly Outcome<Result>[]>): Promise<Outcome<Result>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const [outcome] = await run();
      return outcome as Outcome<Result>;
    } catch (error) {
      const errno = errnoOf(error);
      const lostRace = errno === ER.DUP_ENTRY || errno === ER.LOCK_DEADLOCK;
      if (!lostRace || attempt === ATTEMPTS) return toCarError(error);
      await sleep(Math.random() * 10 * attempt);
    }
  }
}
