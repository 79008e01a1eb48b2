/**
 * Creates batches of cars, each with one `INSERT`, and stores their answers in the same transaction.
 */

import { escape as quote } from 'mysql2';
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
import type { Outcome } from '../batch.ts';
import { safeId } from '../safe-id.ts';
import { recordNewSql } from './car-history.ts';
import type { Session } from './connection.ts';
import { IS_EXPIRED, insertCarsSql, newIdSql, newIds } from './create-cars.ts';

export interface CreateMany {
  readonly author: Author;
  readonly cars: readonly CarFields[];
  readonly key?: BatchKey;
}

export interface KeyedCreateMany extends CreateMany {
  readonly key: BatchKey;
}

type AnswerRow = [
  key: Buffer,
  fingerprint: string,
  cars: number,
  first: number,
  step: number,
  rejected: string,
  expired: 0 | 1,
];

/** Creates batches without keys, in one round trip. */
export async function createManyCars(
  session: Session,
  batches: readonly CreateMany[],
  audit: boolean,
): Promise<CreatedMany[]> {
  return commitBatches(session, ['START TRANSACTION'], batches, audit);
}

/**
 * Creates each batch whose key is new, and returns the first answer for the other keys. Rejects as
 * a whole with the server's LOCK_WAIT_TIMEOUT or LOCK_NOWAIT if another transaction holds the lock
 * of a key, and with DUP_ENTRY if that one commits between our SELECT and our INSERT.
 * @param waitForLocks whether to wait for locks (about a second) or to fail at once.
 */
export async function createManyCarsOnce(
  session: Session,
  batches: readonly KeyedCreateMany[],
  waitForLocks: boolean,
  audit: boolean,
): Promise<Outcome<CreatedMany>[]> {
  const { answers, expired } = await findAnswers(session, batches, waitForLocks);
  const fresh = new Map<string, KeyedCreateMany>();
  for (const batch of batches) {
    const key = storedKey(batch.key);
    if (!answers.has(key) && !fresh.has(key)) fresh.set(key, batch);
  }
  // In the order of keys, so that two transactions cannot deadlock.
  const inOrder = [...fresh].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, batch]) => batch);
  const created = new Map<CreateMany, CreatedMany>();
  if (inOrder.length === 0) await session.run('ROLLBACK');
  else {
    const results = await commitBatches(session, forgetSql(expired), inOrder, audit);
    for (const [index, batch] of inOrder.entries()) {
      const result = results[index] as CreatedMany;
      created.set(batch, result);
      answers.set(storedKey(batch.key), { ...result, fingerprint: batch.key.fingerprint });
    }
  }
  return batches.map((batch) => {
    const answer = answers.get(storedKey(batch.key));
    if (answer === undefined) return new Error('a key has neither a stored answer nor a new one');
    try {
      return created.get(batch) ?? replayBatch(answer, batch.key);
    } catch (error) {
      return error as CarError;
    }
  });
}

/**
 * Locks the stored keys, in order. Returns the answers that they gave, and the keys that have
 * expired.
 */
async function findAnswers(session: Session, batches: readonly KeyedCreateMany[], waitForLocks: boolean) {
  const keys = batches.map(({ key }) => quote(storedKey(key)));
  const [, rows] = await session.run<[unknown, AnswerRow[]]>(`
    START TRANSACTION;
    SELECT idempotency_key, LOWER(HEX(fingerprint)), cars, first_id, id_step, rejected, ${IS_EXPIRED}
    FROM batch_answers FORCE INDEX (PRIMARY) WHERE idempotency_key IN (${keys.join(', ')})
    ORDER BY idempotency_key FOR UPDATE${waitForLocks ? '' : ' NOWAIT'}`);
  const answers = new Map<string, StoredBatch>();
  const expired: string[] = [];
  for (const [key, fingerprint, cars, first, step, rejected, isExpired] of rows) {
    if (isExpired === 1) expired.push(key.toString());
    else answers.set(key.toString(), { fingerprint, ids: idRanges(safeId(first), cars, step), rejected });
  }
  return { answers, expired };
}

function forgetSql(expired: readonly string[]): string[] {
  if (expired.length === 0) return [];
  const keys = expired.map((key) => quote(key)).join(', ');
  return [`DELETE FROM batch_answers WHERE idempotency_key IN (${keys})`];
}

/**
 * Inserts the batches and commits, in one round trip.
 * @param before statements of the transaction that come first.
 */
async function commitBatches(
  session: Session,
  before: readonly string[],
  batches: readonly CreateMany[],
  audit: boolean,
): Promise<CreatedMany[]> {
  const statements = [...before];
  const starts = batches.map((batch) => {
    const start = statements.length;
    statements.push(...insertBatchSql(batch, audit));
    return start;
  });
  const results = await session.commit<unknown[]>([...statements, 'COMMIT']);
  return batches.map(({ cars, key }, index) => {
    const { length } = cars;
    const rejected = key?.rejected ?? '';
    if (length === 0) return { ids: [], rejected, replayed: false };
    const idOf = newIds(results, starts[index] as number);
    const step = length === 1 ? 1 : idOf(1) - idOf(0);
    return { ids: idRanges(idOf(0), length, step), rejected, replayed: false };
  });
}

function insertBatchSql({ author, cars, key }: CreateMany, audit: boolean): string[] {
  const count = cars.length;
  const creates = cars.map((fields) => ({ author, fields }));
  // Another server of a cluster inserts between these ids, but not at this step.
  const isNew = `id BETWEEN @first_id AND ${newIdSql(count - 1)} AND (id - @first_id) % @id_step = 0`;
  const inserts = [...insertCarsSql(creates, false), ...(audit ? [recordNewSql(author, isNew)] : [])];
  return [...(count === 0 ? [] : inserts), ...(key === undefined ? [] : [answerSql(key, count)])];
}

function answerSql(key: BatchKey, count: number): string {
  const ids = count === 0 ? '0, 1' : '@first_id, @id_step';
  return `INSERT INTO batch_answers
      (idempotency_key, fingerprint, cars, first_id, id_step, rejected, created_at)
    VALUES (${quote(storedKey(key))}, x'${key.fingerprint}', ${count}, ${ids},
      ${quote(key.rejected)}, UTC_TIMESTAMP())`;
}
