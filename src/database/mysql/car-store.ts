/**
 * Cars in MySQL: concurrent requests are batched into shared SQL statements, and each gets its own
 * outcome.
 */

import type { Car } from '../../cars/car.ts';
import { BATCH_MAX_CARS, type CreatedMany, countIds } from '../../cars/car-batch.ts';
import type { HistoryPage, HistoryQuery } from '../../cars/car-change.ts';
import type { CountsQuery, ValueCount } from '../../cars/car-counts.ts';
import { CarError } from '../../cars/car-error.ts';
import type { CarFilter, CarListQuery, CarPage } from '../../cars/car-list.ts';
import type { CarStore } from '../../cars/car-store.ts';
import { type Created, storedKey } from '../../cars/idempotency.ts';
import { newUsage } from '../../cars/request-context.ts';
import { createBatch } from '../batch.ts';
import { createSharedBatch } from '../share-waiting.ts';
import { readHistory } from './car-history.ts';
import { type Change, changeCars } from './change-cars.ts';
import type { Session } from './connection.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { type Create, createCars, createCarsOnce, type KeyedCreate } from './create-cars.ts';
import {
  type CreateMany,
  createManyCars,
  createManyCarsOnce,
  type KeyedCreateMany,
} from './create-many-cars.ts';
import { mayBeAboutOne, translateErrors } from './errors.ts';
import { countCars, countValues, getCars, listCars } from './read-cars.ts';
import { retryOnce } from './retry-once.ts';
import { createSharedLists } from './shared-lists.ts';
import { TIMING } from './timing.ts';
import { BATCH, createWritePath } from './write-path.ts';

/**
 * Counts may read every row and a history a thousand, so each goes alone, and only two at once.
 */
const ALONE = { ...BATCH, maxSize: 1, maxWait: TIMING.readTurn } as const;

/**
 * Lists that are asked again at once because another of their round was too slow. A round has up to
 * eight of them, and the pool also serves reads and writes.
 */
const LISTS_AGAIN = 2;

/** Stored text of this size counts as much as a row. */
const BYTES_PER_ROW = 1024;

/** Small batches share a transaction. Its SQL stays below `max_allowed_packet`. */
const BY_ROWS = {
  maxSize: BATCH_MAX_CARS,
  sizeOf: ({ cars, key }: CreateMany | KeyedCreateMany) =>
    1 + cars.length + (key?.rejected.length ?? 0) / BYTES_PER_ROW,
  rowsOf: ({ ids }: CreatedMany) => countIds(ids),
} as const;

const isLate = (deadline: number) => deadline - performance.now() < TIMING.again;

/** @param audit whether each change writes its entry into the audit trail. */
export function createCarStore(pool: ConnectionPool, audit: boolean): CarStore {
  const create = createWritePath<Create, Created>(
    'create',
    pool,
    (session, creates) => createCars(session, creates, audit),
    { keyOf: (create) => create, tooLate: 'unavailable', isRepeatable: false },
  );

  const createOnce = createWritePath<KeyedCreate, Created>(
    'create-once',
    pool,
    (session, creates, waitsForLocks) => createCarsOnce(session, creates, waitsForLocks, audit),
    {
      keyOf: ({ idempotencyKey }) => storedKey(idempotencyKey),
      tooLate: 'idempotency-key-busy',
      // The stored keys show whether the first attempt was applied.
      isRepeatable: true,
    },
  );

  const createMany = createWritePath<CreateMany, CreatedMany>(
    'create-many',
    pool,
    (session, batches) => createManyCars(session, batches, audit),
    { keyOf: (batch) => batch, tooLate: 'unavailable', isRepeatable: false, batch: BY_ROWS },
  );

  const createManyOnce = createWritePath<KeyedCreateMany, CreatedMany>(
    'create-many-once',
    pool,
    (session, batches, waitsForLocks) => createManyCarsOnce(session, batches, waitsForLocks, audit),
    {
      keyOf: ({ key }) => storedKey(key),
      tooLate: 'idempotency-key-busy',
      isRepeatable: true,
      batch: BY_ROWS,
    },
  );

  const change = createWritePath<Change, Car>(
    'change',
    pool,
    (session, changes, waitsForLocks) => changeCars(session, changes, waitsForLocks, audit),
    { keyOf: ({ id }) => id, tooLate: 'unavailable', isRepeatable: false },
  );

  const get = createBatch<number, Car>({
    name: 'get',
    ...BATCH,
    maxWait: TIMING.readTurn,
    run: (ids, deadline) => read((session) => getCars(session, ids), deadline),
  });

  const askLists = (queries: readonly CarListQuery[], deadline: number) =>
    read((session) => listCars(session, queries), deadline);

  const askAgain = createBatch<{ readonly query: CarListQuery; readonly deadline: number }, CarPage>({
    name: 'list-again',
    maxSize: 1,
    maxConcurrent: LISTS_AGAIN,
    run: async (items) => {
      const [{ query, deadline }] = items as [(typeof items)[number]];
      if (isLate(deadline)) throw new CarError('unavailable', { cause: new Error('no time to ask again') });
      return askLists([query], deadline);
    },
  });

  const list = createSharedLists((queries, deadline) => {
    if (queries.length === 1) return askLists(queries, deadline);
    return askLists(queries, deadline).catch((error: Error) => {
      // The server stops at the first query that it rejects (as too slow), so each is asked again
      // alone.
      const isAboutOne = mayBeAboutOne(error instanceof CarError ? error.cause : error);
      if (!isAboutOne || isLate(deadline)) throw error;
      return queries.map((query) => askAgain.add({ query, deadline }, newUsage()));
    });
  });

  const count = createBatch<CarFilter, { readonly total: number }>({
    name: 'count',
    ...ALONE,
    rowsOf: () => 0,
    run: ([filter = {}], deadline) =>
      read(async (session) => [{ total: await countCars(session, filter) }], deadline),
  });

  const counts = createSharedBatch<CountsQuery, readonly ValueCount[]>({
    name: 'counts',
    ...ALONE,
    rowsOf: () => 0,
    run: (queries, deadline) =>
      read((session) => Promise.all(queries.map((query) => countValues(session, query))), deadline),
  });

  const history = createBatch<HistoryQuery, HistoryPage>({
    name: 'history',
    ...ALONE,
    rowsOf: ({ changes }) => changes.length,
    run: (queries, deadline) =>
      read((session) => Promise.all(queries.map((query) => readHistory(session, query))), deadline),
  });

  function read<Result>(work: (session: Session) => Promise<Result>, deadline: number): Promise<Result> {
    return translateErrors(retryOnce(() => pool.withConnection(work, deadline), true, deadline));
  }

  return {
    create: ({ author, usage }, fields, idempotencyKey) =>
      idempotencyKey === undefined
        ? create.add({ author, fields }, usage)
        : createOnce.add({ author, fields, idempotencyKey }, usage),
    createMany: ({ author, usage }, cars, key) =>
      key === undefined
        ? createMany.add({ author, cars }, usage)
        : createManyOnce.add({ author, cars, key }, usage),
    get: ({ usage }, id) => get.add(id, usage),
    update: ({ author, usage }, id, fields, precondition) =>
      change.add({ author, id, precondition, to: fields }, usage),
    delete: async ({ author, usage }, id, precondition) => {
      await change.add({ author, id, precondition, to: 'delete' }, usage);
    },
    history: ({ usage }, query) => history.add(query, usage),
    list: ({ usage }, query) => list.add(query, usage),
    count: async ({ usage }, filter) => (await count.add(filter, usage)).total,
    counts: ({ usage }, query) => counts.add(query, usage),
    waits: () => ({
      read: get.expectedWait(),
      write: Math.max(create.expectedWait(), createOnce.expectedWait(), change.expectedWait()),
      list: list.expectedWait(),
      batch: Math.max(createMany.expectedWait(), createManyOnce.expectedWait()),
    }),
  };
}
