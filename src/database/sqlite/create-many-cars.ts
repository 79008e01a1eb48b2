/** Creates batches of cars in SQLite in one transaction, and stores their answers with them. */

import type { DatabaseSync } from 'node:sqlite';
import type { CarFields } from '../../cars/car.ts';
import {
  type BatchKey,
  type CreatedMany,
  idRanges,
  replayBatch,
  type StoredBatch,
} from '../../cars/car-batch.ts';
import type { CarError } from '../../cars/car-error.ts';
import { storedKey } from '../../cars/idempotency.ts';
import type { Author } from '../../cars/request-context.ts';
import { CHANGE_COLUMNS, FIELD_COLUMNS, STORED_COLUMNS } from '../car-columns.ts';
import { safeId } from '../safe-id.ts';
import { fieldValues, placeholders, storedValues } from './car-rows.ts';
import { lazily, transaction } from './connection.ts';
import { toCarError } from './errors.ts';
import { createExpiry } from './expire-keys.ts';

export interface CreateMany {
  readonly author: Author;
  readonly cars: readonly CarFields[];
  readonly key: BatchKey | undefined;
}

/** Applies batches together. Returns one outcome for each; throws if none was applied. */
export type ApplyBatches = (batches: readonly CreateMany[]) => (CreatedMany | CarError)[];

/** @param audit whether each car gets its entry in the audit trail. */
export function createBatchWriter(connection: DatabaseSync, audit: boolean): ApplyBatches {
  const insertCar = lazily(
    connection,
    `INSERT INTO cars (${STORED_COLUMNS}) VALUES (${placeholders(STORED_COLUMNS)})`,
  );
  // One statement for the whole batch. In this transaction, no other car has an id in the range.
  const recordNew = lazily(
    connection,
    `INSERT INTO car_changes (car_id, version, kind, caller, request_id, changed_at, ${CHANGE_COLUMNS})
     SELECT id, version, 'created', ?, ?, ?, ${fieldValues(null).map(() => 'NULL')}, ${FIELD_COLUMNS}
     FROM cars WHERE id BETWEEN ? AND ? ORDER BY id`,
  );
  // Each may have megabytes.
  const expireAnswers = createExpiry(connection, 'batch_answers', 50);
  const selectAnswer = lazily(
    connection,
    'SELECT fingerprint, cars, first_id, rejected FROM batch_answers WHERE idempotency_key = ?',
  );
  const insertAnswer = lazily(
    connection,
    `INSERT INTO batch_answers (idempotency_key, fingerprint, cars, first_id, rejected, created_at)
     VALUES (?, ?, ?, ?, ?, unixepoch())`,
  );

  function findAnswer(key: BatchKey): StoredBatch | undefined {
    expireAnswers(storedKey(key));
    const row = selectAnswer().get(storedKey(key));
    if (row === undefined) return undefined;
    return {
      fingerprint: String(row['fingerprint']),
      ids: idRanges(safeId(row['first_id']), Number(row['cars'])),
      rejected: String(row['rejected']),
    };
  }

  /** Returns the first id; 0 if there are no cars. */
  function insert({ author, cars }: CreateMany): number {
    let last = 0;
    for (const fields of cars) last = safeId(insertCar().run(...storedValues(fields)).lastInsertRowid);
    if (cars.length === 0) return 0;
    const first = last - cars.length + 1;
    if (audit) recordNew().run(author.caller, author.requestId, Date.now(), first, last);
    return first;
  }

  function apply(batch: CreateMany): CreatedMany | CarError {
    const { cars, key } = batch;
    const answer = key && findAnswer(key);
    if (answer !== undefined) return attemptReplay(answer, key as BatchKey);
    const first = insert(batch);
    if (key !== undefined)
      insertAnswer().run(storedKey(key), key.fingerprint, cars.length, first, key.rejected);
    return { ids: idRanges(first, cars.length), rejected: key?.rejected ?? '', replayed: false };
  }

  return (batches) => {
    try {
      return transaction(connection, () => batches.map(apply));
    } catch (error) {
      throw toCarError(error);
    }
  };
}

function attemptReplay(answer: StoredBatch, key: BatchKey): CreatedMany | CarError {
  try {
    return replayBatch(answer, key);
  } catch (error) {
    return error as CarError;
  }
}
