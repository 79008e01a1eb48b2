/**
 * The ledger of applied migrations in MySQL. MySQL commits each DDL statement by itself
 * (https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html), so a migration is one statement,
 * and its entry is written before it and finished after it. A process that is stopped in between
 * leaves an unfinished entry.
 */

import { escape as quote } from 'mysql2';
import { CarError } from '../../cars/car-error.ts';
import { type LedgerEntry, type Migration, MigrationFailedError } from '../migrations.ts';
import { splitStatements } from '../sql-statements.ts';
import { openConnection, type Server, type Session } from './connection.ts';
import { errnoOf, isConnectionLost } from './errors.ts';

/**
 * Earlier releases counted the statements of a migration. They may start on this schema after a
 * rollback, so the counters stay: 1 begun and 0 applied is how those releases, too, mark a
 * migration that was cut off.
 */
const CREATE_LEDGER = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    version INT UNSIGNED NOT NULL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    oldest_compatible INT UNSIGNED NOT NULL,
    checksum CHAR(64) NOT NULL,
    statements_begun INT UNSIGNED NOT NULL,
    statements_applied INT UNSIGNED NOT NULL,
    finished_at DATETIME NULL
  ) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin`;

/** Seconds to wait for another process that migrates. */
const MIGRATION_LOCK_SECONDS = 60;

/** Seconds that a migration may wait for a table that is in use. */
const TABLE_LOCK_SECONDS = 30;

/** Milliseconds for the statement of a migration. */
const STATEMENT_LIMIT = 60 * 60_000;

/** Locks belong to the server, so the name includes the database. It may have 64 characters. */
const LOCK_NAME = "CONCAT('cars-api-', LEFT(SHA2(DATABASE(), 256), 40))";

/**
 * Errors of a statement that was applied already: the table, column or index exists, or is gone.
 * Accepted only for a migration that was cut off: the server may have finished its statement. A
 * statement that changes rows must be safe to repeat.
 */
const APPLIED_ALREADY = [1050, 1051, 1060, 1061, 1091];

/**
 * Errors that a later attempt may not meet: a table in use, a deadlock, a server that shuts down.
 */
const TEMPORARY = [1053, 1205, 1213, 1927, 3169];

export async function readLedger(session: Session): Promise<LedgerEntry[]> {
  const tables = await session.run<unknown[]>(
    "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'schema_migrations'",
  );
  if (tables.length === 0) return [];
  const rows = await session.run<[number, string, number, string, 0 | 1][]>(
    `SELECT version, name, oldest_compatible, checksum, finished_at IS NOT NULL
     FROM schema_migrations ORDER BY version`,
  );
  return rows.map(([version, name, oldestCompatible, checksum, finished]) => ({
    version,
    name,
    oldestCompatible,
    checksum,
    finished: finished === 1,
  }));
}

/** Uses a connection of its own, because a migration may take longer than a request. */
export async function migrate(
  server: Server,
  plan: (ledger: readonly LedgerEntry[]) => readonly Migration[],
): Promise<void> {
  const connection = await openConnection(server, STATEMENT_LIMIT);
  try {
    const [[locked]] = await connection.run<[[0 | 1 | null]]>(
      `SELECT GET_LOCK(${LOCK_NAME}, ${MIGRATION_LOCK_SECONDS})`,
    );
    if (locked !== 1) {
      throw new CarError('unavailable', { cause: new Error('another process is migrating') });
    }
    await connection.run(`SET SESSION lock_wait_timeout = ${TABLE_LOCK_SECONDS}`);
    await connection.run(CREATE_LEDGER);
    for (const migration of plan(await readLedger(connection))) await apply(connection, migration);
  } finally {
    // The server releases the lock when the connection ends.
    await connection.end();
  }
}

async function apply(session: Session, migration: Migration): Promise<void> {
  const { version, name, oldestCompatible, checksum, sql } = migration;
  const { affectedRows } = await session.run<{ readonly affectedRows: number }>(
    `INSERT IGNORE INTO schema_migrations
     (version, name, oldest_compatible, checksum, statements_begun, statements_applied, finished_at)
     VALUES (${version}, ${quote(name)}, ${oldestCompatible}, ${quote(checksum)}, 1, 0, NULL)`,
  );
  const wasCutOff = affectedRows === 0;
  const [statement] = splitStatements(sql);
  try {
    if (statement !== undefined) await session.run(statement);
  } catch (error) {
    const errno = errnoOf(error) ?? 0;
    if (isConnectionLost(error) || TEMPORARY.includes(errno)) throw error;
    if (!(wasCutOff && APPLIED_ALREADY.includes(errno))) {
      // The server did not apply it, so the file may still be corrected.
      await session.run(`DELETE FROM schema_migrations WHERE version = ${version}`);
      throw new MigrationFailedError(migration, error);
    }
  }
  await session.run(
    `UPDATE schema_migrations SET statements_applied = 1, finished_at = UTC_TIMESTAMP() WHERE version = ${version}`,
  );
}
