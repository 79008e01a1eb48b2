/**
 * The one connection to an embedded database: how it is opened and set up, and its transactions.
 */

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { CarError } from '../../cars/car-error.ts';
import { resultCode, SQLITE } from './errors.ts';
import { provideStatementLimit } from './statement-limit.ts';

/**
 * How long a statement waits for another process's lock, in milliseconds. It blocks the event loop
 * (`node:sqlite` is synchronous), so it is short: the client gets 503 and may retry.
 */
const BUSY_TIMEOUT = 1000;

/** Opens a file, which is created with its folder if it is missing, or `:memory:`. */
export function openConnection(path: string): DatabaseSync {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const connection = new DatabaseSync(path, { timeout: BUSY_TIMEOUT, enableForeignKeyConstraints: true });
  // WAL: readers of other processes never block the writer. FULL: a commit is on disk before it is
  // acknowledged.
  useWal(connection);
  connection.exec('PRAGMA synchronous = FULL');
  provideStatementLimit(connection);
  return connection;
}

/**
 * Retries while another process opens the same new file: SQLite's own timeout does not cover this
 * statement.
 */
function useWal(connection: DatabaseSync): void {
  const deadline = performance.now() + BUSY_TIMEOUT;
  for (;;) {
    try {
      connection.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (resultCode(error) !== SQLITE.BUSY || performance.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10 * Math.random());
    }
  }
}

/**
 * Prepares a statement at its first use: the tables may not exist yet when the store is created.
 */
export function lazily(
  connection: DatabaseSync,
  sql: string,
  prepare = prepareStatement,
): () => StatementSync {
  let statement: StatementSync | undefined;
  return () => (statement ??= prepare(connection, sql));
}

function prepareStatement(connection: DatabaseSync, sql: string): StatementSync {
  return connection.prepare(sql);
}

/** Prepares a query whose rows are arrays of columns: objects take more than twice as long. */
export function prepareQuery(connection: DatabaseSync, sql: string): StatementSync {
  const query = connection.prepare(sql);
  query.setReturnArrays(true);
  return query;
}

/** Runs several reads on one snapshot of the database, even if other processes write meanwhile. */
export function readTransaction<Result>(connection: DatabaseSync, work: () => Result): Result {
  connection.exec('BEGIN');
  try {
    return work();
  } finally {
    // Some errors, such as a failed read, have ended it already.
    if (connection.isTransaction) connection.exec('COMMIT');
  }
}

/**
 * Runs `work` in one transaction that takes the write lock at its start, so that it cannot fail
 * later for lack of it. `work` is synchronous: an `await` would let other requests into the
 * transaction.
 */
export function transaction<Result>(connection: DatabaseSync, work: () => Result): Result {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    commit(connection);
    return result;
  } catch (error) {
    // Some errors, such as a full disk, have rolled back already.
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

/**
 * The file may hold the whole change when its flush fails. SQLite then forgets it, but finds it
 * again if it opens the file before another change.
 */
function commit(connection: DatabaseSync): void {
  try {
    connection.exec('COMMIT');
  } catch (error) {
    throw resultCode(error) === SQLITE.IOERR ? new CarError('outcome-unknown', { cause: error }) : error;
  }
}
