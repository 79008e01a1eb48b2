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
import { recordSql } from './car-history.ts';
import { type FieldRow, fieldsSql, storedSql, toFields } from './car-rows.ts';
import type { Session } from './connection.ts';

export interface Create {
  readonly author: Author;
  readonly fields: CarFields;
}

export interface KeyedCreate extends Create {
  readonly idempotencyKey: IdempotencyKey;
}

/** Rows removed at once: few enough that no request waits long for their locks. */
const FORGET_AT_ONCE = 1000;

const IS_EXPIRED = `created_at <= UTC_TIMESTAMP() - INTERVAL ${IDEMPOTENCY_KEY_HOURS} HOUR`;

interface InsertResult {
  readonly insertId: number;
}

type KeyRow = [key: Buffer, id: number, expired: 0 | 1, ...FieldRow];

/**
 * Creates cars without keys, in one round trip. Without the audit trail it is one statement, which
 * commits itself.
 */
export async function createCars(
  session: Session,
  creates: readonly Create[],
  audit: boolean,
): Promise<Created[]> {
  const insert = insertCarsSql(creates);
  const { insertId } = await (audit
    ? commitRecorded(session, insert, creates)
    : session.commit<InsertResult>(insert));
  return creates.map(({ fields }, index) => ({
    car: created(fields, insertId + index * session.idStep),
    replayed: false,
  }));
}

async function commitRecorded(session: Session, insert: string, creates: readonly Create[]) {
  const [, inserted] = await session.commit<[unknown, InsertResult]>(
    `START TRANSACTION;
     ${insert};
     SET @first_id = LAST_INSERT_ID();
     ${recordCreatedSql(session, creates)};
     COMMIT`,
  );
  return inserted;
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
    else answers.set(key.toString(), created(toFields(fields), id));
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
      `(${quote(key)}, ${newId(session, index)}, ${fieldsSql(fields)}, UTC_TIMESTAMP())`,
  );
  const forget = expired.map((key) => quote(key)).join(', ');
  const creates = entries.map(([, create]) => create);
  const sql = `${forget === '' ? '' : `DELETE FROM idempotency_keys WHERE idempotency_key IN (${forget});`}
    ${insertCarsSql(creates)};
    SET @first_id = LAST_INSERT_ID();
    ${audit ? `${recordCreatedSql(session, creates)};` : ''}
    INSERT INTO idempotency_keys (idempotency_key, car_id, ${FIELD_COLUMNS}, created_at) VALUES ${keyRows.join(', ')};
    COMMIT`;
  const results = await session.commit<InsertResult[]>(sql);
  const firstId = results[forget === '' ? 0 : 1]?.insertId ?? 0;
  return new Map(
    entries.map(([key, { fields }], index) => [key, created(fields, firstId + index * session.idStep)]),
  );
}

/** Removes all expired keys, oldest first. */
export async function forgetExpiredKeys(session: Session): Promise<void> {
  const sql = `DELETE FROM idempotency_keys WHERE ${IS_EXPIRED} ORDER BY created_at LIMIT ${FORGET_AT_ONCE}`;
  let removed: number;
  do {
    ({ affectedRows: removed } = await session.run<{ affectedRows: number }>(sql));
  } while (removed === FORGET_AT_ONCE);
}

/**
 * One `INSERT` of many rows gets consecutive ids from `insertId` on: it is a "simple insert", whose
 * row count is known beforehand
 * (https://dev.mysql.com/doc/refman/8.4/en/innodb-auto-increment-handling.html).
 */
function insertCarsSql(creates: readonly Create[]): string {
  return `INSERT INTO cars (${STORED_COLUMNS}) VALUES ${creates.map(({ fields }) => `(${storedSql(fields)})`).join(', ')}`;
}

/** The id that {@link insertCarsSql} assigned, once `@first_id` is set to its LAST_INSERT_ID. */
function newId({ idStep }: Session, index: number): string {
  return `@first_id + ${index * idStep}`;
}

/** The entries of the audit trail for what {@link insertCarsSql} inserted. */
function recordCreatedSql(session: Session, creates: readonly Create[]): string {
  return recordSql(
    creates.map(({ author, fields }, index) => {
      return [newId(session, index), { author, before: null, after: fields }];
    }),
  );
}

function created(fields: CarFields, id: number): Car {
  return { ...fields, id, version: 1 };
}
