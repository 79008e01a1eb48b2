/**
 * Cars in SQLite. Changes that arrive in one turn of the event loop share a transaction, and so one
 * flush to disk.
 */

import type { DatabaseSync } from 'node:sqlite';
import { type Car, type CarFields, changeFields } from '../../cars/car.ts';
import { BATCH_MAX_CARS, type CreatedMany, countIds } from '../../cars/car-batch.ts';
import type { CountsQuery, ValueCount } from '../../cars/car-counts.ts';
import { CarError } from '../../cars/car-error.ts';
import type { CarListQuery, CarPage } from '../../cars/car-list.ts';
import type { CarStore, Precondition } from '../../cars/car-store.ts';
import { type Created, type IdempotencyKey, replay, storedKey } from '../../cars/idempotency.ts';
import type { Author } from '../../cars/request-context.ts';
import { createBatch, type Outcome } from '../batch.ts';
import { FIELD_COLUMNS, STORED_COLUMNS } from '../car-columns.ts';
import { safeId, UnsafeIdError } from '../safe-id.ts';
import { createSharedBatch } from '../share-waiting.ts';
import { createRecorder, readHistory } from './car-history.ts';
import { type CarRow, fieldValues, placeholders, storedValues, toCar } from './car-rows.ts';
import { lazily, prepareQuery, readTransaction, transaction } from './connection.ts';
import { type CreateMany, createBatchWriter } from './create-many-cars.ts';
import { toCarError } from './errors.ts';
import { createExpiry } from './expire-keys.ts';
import { asStatement, countCars, countValues, listCars, read } from './read-cars.ts';
import { takeTurns } from './take-turns.ts';

/** Milliseconds of work that may be ahead of a batch. */
const MAX_BACKLOG = 400;

/** Milliseconds until a batch or a list starts. */
const MAX_WAIT = 1200;

/** Each in a turn of its own: a slow one neither fails others nor adds to the time of theirs. */
const ALONE = { maxSize: 1, maxConcurrent: 1, maxWait: MAX_WAIT } as const;

interface FileOptions {
  /** Throws if the database's files were removed or replaced. */
  readonly checkPlace?: () => void;
  /** Applies batches on another connection; by default on this one. */
  readonly applyBatches?: ((batches: readonly CreateMany[]) => Promise<Outcome<CreatedMany>[]>) | undefined;
}

/** @param audit whether each change writes its entry into the audit trail. */
export function createCarStore(
  connection: DatabaseSync,
  audit: boolean,
  { checkPlace = () => {}, applyBatches }: FileOptions = {},
): CarStore {
  const applyHere = createBatchWriter(connection, audit);
  // A write that met another connection's transaction would stop the event loop until that ends.
  const takeTurn = takeTurns();
  const record = audit ? createRecorder(connection) : () => {};
  const selectCar = lazily(
    connection,
    `SELECT id, version, ${FIELD_COLUMNS} FROM cars WHERE id = ?`,
    prepareQuery,
  );
  const insertCar = lazily(
    connection,
    `INSERT INTO cars (${STORED_COLUMNS}) VALUES (${placeholders(STORED_COLUMNS)})`,
  );
  const updateCar = lazily(
    connection,
    `UPDATE cars SET (${STORED_COLUMNS}, version) = (${placeholders(STORED_COLUMNS)}, ?) WHERE id = ?`,
  );
  const deleteCar = lazily(connection, 'DELETE FROM cars WHERE id = ?');
  const deleteNewCar = lazily(connection, 'DELETE FROM cars WHERE id = last_insert_rowid()');
  // A thousand creates can share a transaction, and each adds only one key.
  const expireKeys = createExpiry(connection, 'idempotency_keys', 10);
  const selectKey = lazily(
    connection,
    `SELECT car_id, 1, ${FIELD_COLUMNS} FROM idempotency_keys WHERE idempotency_key = ?`,
    prepareQuery,
  );
  const insertKey = lazily(
    connection,
    `INSERT INTO idempotency_keys (idempotency_key, car_id, ${FIELD_COLUMNS}, created_at)
     VALUES (?, ?, ${placeholders(FIELD_COLUMNS)}, unixepoch())`,
  );

  /**
   * Each write throws before it changes anything, or not at all, or reverts what it changed. So a
   * failed one leaves nothing in the transaction.
   */
  const write = createBatch<() => Created, Created>({
    name: 'write',
    maxSize: 1000,
    maxConcurrent: 1,
    run: async (writes) => {
      try {
        checkPlace();
        return await takeTurn(() =>
          asStatement('BEGIN', () => transaction(connection, () => writes.map(attempt))),
        );
      } catch (error) {
        throw toCarError(error);
      }
    },
  });

  const createMany = createBatch<CreateMany, CreatedMany>({
    name: 'create-many',
    maxSize: BATCH_MAX_CARS,
    sizeOf: ({ cars }) => 1 + cars.length,
    maxConcurrent: 1,
    maxBacklog: MAX_BACKLOG,
    maxWait: MAX_WAIT,
    rowsOf: ({ ids }) => countIds(ids),
    run: async (batches) => {
      try {
        checkPlace();
        return await takeTurn(() => (applyBatches ?? applyHere)(batches));
      } catch (error) {
        throw toCarError(error);
      }
    },
  });

  /** Equal lists that wait together share a page. */
  const lists = createSharedBatch<CarListQuery, CarPage>({
    name: 'list',
    ...ALONE,
    rowsOf: ({ cars }) => cars.length,
    run: (queries) => readEach(queries, (query) => listCars(connection, query)),
  });

  const counts = createSharedBatch<CountsQuery, readonly ValueCount[]>({
    name: 'counts',
    ...ALONE,
    rowsOf: () => 0,
    run: (queries) => readEach(queries, (query) => countValues(connection, query)),
  });

  function insert(author: Author, fields: CarFields): Car {
    const { lastInsertRowid } = insertCar().run(...storedValues(fields));
    if (!Number.isSafeInteger(lastInsertRowid)) deleteNewCar().run();
    const car = { ...fields, id: safeId(lastInsertRowid), version: 1 };
    record(car.id, { author, before: null, after: car });
    return car;
  }

  function insertOnce(author: Author, fields: CarFields, idempotencyKey: IdempotencyKey): Created {
    const key = storedKey(idempotencyKey);
    expireKeys(key);
    const row = selectKey().get(key);
    if (row !== undefined) return replay(toCar(row as unknown as CarRow), fields);
    const car = insert(author, fields);
    insertKey().run(key, car.id, ...fieldValues(fields));
    return { car, replayed: false };
  }

  function find(id: number): Car {
    const row = selectCar().get(id);
    if (row === undefined) throw new CarError('car-not-found');
    return toCar(row as unknown as CarRow);
  }

  function findExpected(id: number, precondition: Precondition | undefined): Car {
    const car = find(id);
    if (precondition !== undefined && !precondition(car.version)) throw new CarError('version-mismatch');
    return car;
  }

  return {
    async create({ author, usage }, fields, idempotencyKey) {
      return write.add(
        () =>
          idempotencyKey === undefined
            ? { car: insert(author, fields), replayed: false }
            : insertOnce(author, fields, idempotencyKey),
        usage,
      );
    },

    createMany: ({ author, usage }, cars, key) => createMany.add({ author, cars, key }, usage),

    async get({ usage }, id) {
      return read(
        'get',
        usage,
        () => find(id),
        () => 1,
      );
    },

    async update({ author, usage }, id, fields, precondition) {
      const { car } = await write.add(() => {
        const before = findExpected(id, precondition);
        const after = changeFields(before, fields);
        if (after !== before) {
          updateCar().run(...storedValues(after), after.version, id);
          record(id, { author, before, after });
        }
        return { car: after, replayed: false };
      }, usage);
      return car;
    },

    async delete({ author, usage }, id, precondition) {
      await write.add(() => {
        const car = findExpected(id, precondition);
        deleteCar().run(id);
        record(id, { author, before: car, after: null });
        return { car, replayed: false };
      }, usage);
    },

    async history({ usage }, query) {
      return read(
        'history',
        usage,
        () => readTransaction(connection, () => readHistory(connection, query)),
        ({ changes }) => changes.length,
      );
    },

    list: ({ usage }, query) => lists.add(query, usage),

    async count({ usage }, filter) {
      return read(
        'count',
        usage,
        () => countCars(connection, filter),
        () => 0,
      );
    },

    counts: ({ usage }, query) => counts.add(query, usage),

    // Single reads and writes wait for the event loop, not in a queue.
    waits: () => ({ read: 0, write: 0, list: lists.expectedWait(), batch: createMany.expectedWait() }),
  };
}

async function readEach<Query, Result>(
  queries: readonly Query[],
  work: (query: Query) => Result,
): Promise<Result[]> {
  try {
    return queries.map((query) => asStatement('SELECT FROM cars', () => work(query)));
  } catch (error) {
    throw toCarError(error);
  }
}

function attempt(write: () => Created): Outcome<Created> {
  try {
    return write();
  } catch (error) {
    if (error instanceof CarError || error instanceof UnsafeIdError) return error;
    throw error;
  }
}
