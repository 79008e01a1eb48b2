/** Removes expired answers to idempotency keys from SQLite. */

import type { DatabaseSync } from 'node:sqlite';
import { IDEMPOTENCY_KEY_HOURS } from '../../cars/idempotency.ts';
import { lazily } from './connection.ts';

const IS_EXPIRED = `created_at <= unixepoch() - ${IDEMPOTENCY_KEY_HOURS * 3600}`;

/**
 * Returns a function that removes the answer to a key if it has expired, and the oldest others: only
 * a few, because all answers of a day would block the event loop.
 */
export function createExpiry(
  connection: DatabaseSync,
  table: 'idempotency_keys' | 'batch_answers',
  others: number,
): (key: string) => void {
  const remove = lazily(
    connection,
    `DELETE FROM ${table} WHERE ${IS_EXPIRED} AND (idempotency_key = ? OR idempotency_key IN (
       SELECT idempotency_key FROM ${table} WHERE ${IS_EXPIRED} ORDER BY created_at LIMIT ${others}))`,
  );
  return (key) => void remove().run(key);
}
