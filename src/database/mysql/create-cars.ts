/**
 * Creates many cars in one statement, and stores their idempotency keys in the same transaction.
 */

import { escape as quote } from 'mysql2';
import type { Car, CarFields } from '../../cars/car.ts';
import type { CarError } from '../../cars/car-error.ts';
import {
  type Created,
  IDEMPOTENCY_KEY_HOURS,
  type IdempotencyKey,
  replay,
  storedKey,
} from '../../cars/idempotency.ts';
import type { Author } from '../../cars/request-context.ts';
import type { Outcome } from '../batch.ts';
import { FIELD_COLUMNS, STORED_COLUMNS } from '../car-columns.ts';
import { safeId } from '../safe-id.ts';
import { recordSql, type StepOfCar } from './car-history.ts';
import { type FieldRow, fieldsSql, storedSql, toFields } from './car-rows.ts';
import type { Session } from './connection.ts';

export interface Create {
  readonly author: Author;
  readonly fields: CarFields;
}

export interface KeyedCreate extends Create {
  readonly idempotencyKey: IdempotencyKey;
}

/**
 * Rows removed at once: few enough that no request waits long for their locks. The answer to a
 * batch may have megabytes.
 */
const FORGET_AT_ONCE = { idempotency_keys: 1000, batch_answers: 50 } as const;

export const IS_EXPIRED = `created_at <= UTC_TIMESTAMP() - INTERVAL ${IDEMPOTENCY_KEY_HOURS} HOUR`;

/** The last result of {@link insertCarsSql}. */
type NewIds = [[step: number, first: number]];

type KeyRow = [key: Buffer, id: number, expired: 0 | 1, ...FieldRow];

/** Creates cars without keys, in one round trip. */
export async function createCars(
  session: Session,
  creates: readonly Create[],
  audit: boolean,
): Promise<Created[]> {
  const results = await session.commit<unknown[]>([
    'START TRANSACTION',
    ...insertCarsSql(creates, audit),
    'COMMIT',
  ]);
  const idOf = newIds(results, 1);
  return creates.map(({ fields }, index) => ({ car: created(fields, idOf(index)), replayed: false }));
}

/**
 * Creates each car whose key is new, and returns the first answer for the other keys. Rejects as a
 * whole with the server's LOCK_WAIT_TIMEOUT or LOCK_NOWAIT if another transaction holds the lock of
 * a key, and with DUP_ENTRY if that one commits between our SELECT and our INSERT.
 * @param waitForLocks whether to wait for locks (about a second) or to fail at once.
 */
export async function createCarsOnce(
  session: Session,
  creates: readonly KeyedCreate[],
  waitForLocks: boolean,
  audit: boolean,
): Promise<Outcome<Created>[]> {
  const { answers, expired } = await findAnswers(session, creates, waitForLocks);
  const fresh = new Map<string, KeyedCreate>();
  for (const create of creates) {
    const key = storedKey(create.idempotencyKey);
    if (!answers.has(key) && !fresh.has(key)) fresh.set(key, create);
  }
  for (const [key, car] of await insertWithKeys(session, fresh, expired, audit)) answers.set(key, car);

  return creates.map((create) => {
    const key = storedKey(create.idempotencyKey);
    const answer = answers.get(key);
    if (answer === undefined) return new Error('a key has neither a stored answer nor a new one');
    if (fresh.get(key) === create) return { car: answer, replayed: false };
    try {
      return replay(answer, create.fields);
    } catch (error) {
      return error as CarError;
    }
  });
}

/**
 * Locks the stored keys, in order. Returns the answers that they gave, and the keys that have
 * expired.
 */
async function findAnswers(session: Session, creates: readonly KeyedCreate[], waitForLocks: boolean) {
  const keys = creates.map(({ idempotencyKey }) => quote(storedKey(idempotencyKey)));
  const [, rows] = await session.run<[unknown, KeyRow[]]>(`
    START TRANSACTION;
    SELECT idempotency_key, car_id, ${IS_EXPIRED}, ${FIELD_COLUMNS}
    FROM idempotency_keys FORCE INDEX (PRIMARY) WHERE idempotency_key IN (${keys.join(', ')})
    ORDER BY idempotency_key FOR UPDATE${waitForLocks ? '' : ' NOWAIT'}`);
  const answers = new Map<string, Car>();
  const expired: string[] = [];
  for (const [key, id, isExpired, ...fields] of rows) {
    if (isExpired === 1) expired.push(key.toString());
    else answers.set(key.toString(), created(toFields(fields), safeId(id)));
  }
  return { answers, expired };
}

/**
 * Ends the transaction of {@link findAnswers}. Keys are inserted in order, so that two batches
 * cannot deadlock.
 */
async function insertWithKeys(
  session: Session,
  fresh: ReadonlyMap<string, KeyedCreate>,
  expired: readonly string[],
  audit: boolean,
): Promise<Map<string, Car>> {
  if (fresh.size === 0) {
    await session.run('ROLLBACK');
    return new Map();
  }
  const entries = [...fresh].sort(([a], [b]) => (a < b ? -1 : 1));
  const keyRows = entries.map(
    ([key, { fields }], index) =>
      `(${quote(key)}, ${newIdSql(index)}, ${fieldsSql(fields)}, UTC_TIMESTAMP())`,
  );
  const forget = expired.map((key) => quote(key)).join(', ');
  const before = forget === '' ? [] : [`DELETE FROM idempotency_keys WHERE idempotency_key IN (${forget})`];
  const creates = entries.map(([, create]) => create);
  const results = await session.commit<unknown[]>([
    ...before,
    ...insertCarsSql(creates, audit),
    `INSERT INTO idempotency_keys (idempotency_key, car_id, ${FIELD_COLUMNS}, created_at) VALUES ${keyRows.join(', ')}`,
    'COMMIT',
  ]);
  const idOf = newIds(results, before.length);
  return new Map(entries.map(([key, { fields }], index) => [key, created(fields, idOf(index))]));
}

/** Removes all expired keys, oldest first. */
export async function forgetExpiredKeys(session: Session): Promise<void> {
  for (const [table, limit] of Object.entries(FORGET_AT_ONCE)) {
    const sql = `DELETE FROM ${table} WHERE ${IS_EXPIRED} ORDER BY created_at LIMIT ${limit}`;
    let removed: number;
    do {
      ({ affectedRows: removed } = await session.run<{ affectedRows: number }>(sql));
    } while (removed === limit);
  }
}

/**
 * Inserts cars and, if `audit` is on, their entries in the audit trail. One `INSERT` of many rows
 * gets ids with the same step between them: it is a "simple insert", whose row count is known
 * beforehand (https://dev.mysql.com/doc/refman/8.4/en/innodb-auto-increment-handling.html). The
 * step is 1, except in clusters with several writers, where it changes when a server joins. So it
 * is read before and after the `INSERT`. If it changed meanwhile, or if the last id is 2^53 or
 * more, the `SELECT` fails (ER.UNUSABLE_IDS), and the transaction is rolled back.
 */
export function insertCarsSql(creates: readonly Create[], audit: boolean): string[] {
  const rows = creates.map(({ fields }) => `(${storedSql(fields)})`);
  const steps = creates.map(({ author, fields }, index): StepOfCar => {
    return [newIdSql(index), { author, before: null, after: fields }];
  });
  return [
    'SET @id_step = @@auto_increment_increment',
    `INSERT INTO cars (${STORED_COLUMNS}) VALUES ${rows.join(', ')}`,
    'SET @first_id = LAST_INSERT_ID()',
    `SELECT IF(@id_step = @@auto_increment_increment
         AND ${newIdSql(creates.length - 1)} <= ${Number.MAX_SAFE_INTEGER},
       @id_step, (SELECT 1 UNION SELECT 2)), @first_id`,
    ...(audit ? [recordSql(steps)] : []),
  ];
}

/**
 * Returns the id of each new car by its index.
 * @param results those of a text with the statements of {@link insertCarsSql}, `skipped` of which
 * come first.
 */
export function newIds(results: readonly unknown[], skipped: number): (index: number) => number {
  const [[step, first]] = results[skipped + 3] as NewIds;
  return (index) => safeId(first + index * step);
}

/** The id of a new car, once {@link insertCarsSql} has set the variables. */
export function newIdSql(index: number): string {
  return `@first_id + ${index} * @id_step`;
}

function created(fields: CarFields, id: number): Car {
  return { ...fields, id, version: 1 };
}
