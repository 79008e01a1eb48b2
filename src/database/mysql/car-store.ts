/** Cars in MySQL: calls that arrive together travel together, each with its own outcome. */

import type { Car } from '../../cars/car.ts';
import type { HistoryPage, HistoryQuery } from '../../cars/car-change.ts';
import { CarError } from '../../cars/car-error.ts';
import type { CarFilter, CarListQuery, CarPage } from '../../cars/car-list.ts';
import type { CarStore } from '../../cars/car-store.ts';
import { type Created, storedKey } from '../../cars/idempotency.ts';
import { createBatch } from '../batch.ts';
import { readHistory } from './car-history.ts';
import { type Change, changeCars } from './change-cars.ts';
import type { Connections } from './connections.ts';
import { type Create, createCars, createCarsOnce, type KeyedCreate } from './create-cars.ts';
import { ER, errnoOf, isConnectionFault, toCarError } from './errors.ts';
import { countCars, getCars, listCars } from './read-cars.ts';
import { onceMore } from './retry-once.ts';
import { createRounds, ROUND } from './rounds.ts';
import type { Session } from './session.ts';
import { createSharedLists } from './shared-lists.ts';

/** A count may read every row, a history a thousand, so few at once and each by itself. */
const ALONE = { maxSize: 1, maxConcurrent: 2, maxWait: ROUND.maxWait } as const;

/** @param audit whether each change writes its entry into the audit trail. */
export function createCarStore({ use }: Connections, audit: boolean): CarStore {
  const get = createBatch<number, Car>({
    name: 'get',
    ...ROUND,
    run: (ids) => read((session) => getCars(session, ids)),
  });

  const create = createRounds<Create, Created>({
    name: 'create',
    keyOf: (asked) => asked,
    run: (creates) => use((session) => createCars(session, creates, audit)),
    tooLate: 'unavailable',
  });

  const createOnce = createRounds<KeyedCreate, Created>({
    name: 'create-once',
    keyOf: ({ idempotencyKey }) => storedKey(idempotencyKey),
    run: async (creates, patient) => {
      try {
        return await use((session) => createCarsOnce(session, creates, patient, audit));
      } catch (error) {
        const isBusy = patient && errnoOf(error) === ER.LOCK_WAIT_TIMEOUT;
        throw isBusy ? new CarError('idempotency-key-busy', { cause: error }) : error;
      }
    },
    tooLate: 'idempotency-key-busy',
    // Their keys tell whether the first time was applied.
    mayRepeat: true,
  });

  const change = createRounds<Change, Car>({
    name: 'change',
    keyOf: ({ id }) => id,
    run: (changes, patient) => use((session) => changeCars(session, changes, patient, audit)),
    tooLate: 'unavailable',
  });

  const list = createSharedLists(async (queries) => {
    const ask = (some: readonly CarListQuery[]) => read((session) => listCars(session, some));
    if (queries.length === 1) return ask(queries);
    return ask(queries).catch((error: Error) => {
      // One that the server refuses (for its length) ends the round trip of all, so then each goes alone.
      if (errnoOf(error.cause) === undefined || isConnectionFault(error)) throw error;
      return queries.map(async (query) => (await ask([query]))[0] as CarPage);
    });
  });

  const count = createBatch<CarFilter, { readonly total: number }>({
    name: 'count',
    ...ALONE,
    rowsOf: () => 0,
    run: ([filter = {}]) => read(async (session) => [{ total: await countCars(session, filter) }]),
  });

  const history = createBatch<HistoryQuery, HistoryPage>({
    name: 'history',
    ...ALONE,
    rowsOf: ({ changes }) => changes.length,
    run: (queries) => read((session) => Promise.all(queries.map((query) => readHistory(session, query)))),
  });

  async function read<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    try {
      return await onceMore(() => use(work), true);
    } catch (error) {
      throw toCarError(error);
    }
  }

  return {
    create: ({ author, usage }, fields, idempotencyKey) =>
      idempotencyKey === undefined
        ? create.add({ author, fields }, usage)
        : createOnce.add({ author, fields, idempotencyKey }, usage),
    get: ({ usage }, id) => get.add(id, usage),
    update: ({ author, usage }, id, fields, precondition) =>
      change.add({ author, id, precondition, to: fields }, usage),
    delete: async ({ author, usage }, id, precondition) => {
      await change.add({ author, id, precondition, to: 'delete' }, usage);
    },
    history: ({ usage }, query) => history.add(query, usage),
    list: ({ usage }, query) => list.add(query, usage),
    count: async ({ usage }, filter) => (await count.add(filter, usage)).total,
    waits: () => ({
      read: get.expectedWait(),
      write: Math.max(create.expectedWait(), createOnce.expectedWait(), change.expectedWait()),
      list: list.expectedWait(),
    }),
  };
}
