/** The one connection to an embedded database: opened, told how to be safe, and its transactions. */

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { resultCode, SQLITE } from './errors.ts';

/**
 * How long a statement waits for another process's lock, in milliseconds. The event loop stands still meanwhile
 * (`node:sqlite` is synchronous), so it is short: the caller gets 503 and may repeat.
 */
const BUSY_TIMEOUT = 1000;

/** Opens a file, made with its folder when missing, or `:memory:`. */
export function openConnection(path: string): DatabaseSync {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const connection = new DatabaseSync(path, { timeout: BUSY_TIMEOUT, enableForeignKeyConstraints: true });
  // WAL: readers of other processes never block the writer. FULL: a commit is on disk before it is acknowledged.
  useWal(connection);
  connection.exec('PRAGMA synchronous = FULL');
  return connection;
}

/** Processes that open a new file together get in each other's way here, where SQLite itself does not wait. */
function useWal(connection: DatabaseSync): void {
  const patience = Date.now() + BUSY_TIMEOUT;
  for (;;) {
    try {
      connection.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (resultCode(error) !== SQLITE.BUSY || Date.now() > patience) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10 * Math.random());
    }
  }
}

/** Statements are prepared at first use: the tables may not exist yet when the store is made. */
export function lazily(connection: DatabaseSync, sql: string): () => StatementSync {
  let statement: StatementSync | undefined;
  return () => (statement ??= connection.prepare(sql));
}

/** Runs several reads on one state of the database, whatever other processes write meanwhile. */
export function readTransaction<Result>(connection: DatabaseSync, work: () => Result): Result {
  connection.exec('BEGIN');
  try {
    return work();
  } finally {
    connection.exec('COMMIT');
  }
}

/**
 * Runs `work` in one transaction that holds the write lock from its start, so that it cannot fail half-way for want
 * of it. `work` is synchronous: an `await` in here would let other requests into the transaction.
 */
export function transaction<Result>(connection: DatabaseSync, work: () => Result): Result {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    connection.exec('COMMIT');
    return result;
  } catch (error) {
    // Some errors (a full disk) have rolled back already.
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}
