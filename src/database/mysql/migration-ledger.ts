/**
 * The ledger of applied migrations in MySQL. MySQL commits each DDL statement by itself
 * (https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html), so the ledger counts the statements of a migration
 * that were begun and applied: one that was cut off goes on where it stopped.
 */

import { escape as quote } from 'mysql2';
import { CarError } from '../../cars/car-error.ts';
import type { MysqlConfig } from '../../config/database.ts';
import { type LedgerEntry, type Migration, MigrationFailedError } from '../migrations.ts';
import type { Session } from './connection.ts';
import { openConnection } from './connection.ts';
import { errnoOf, isConnectionLost } from './errors.ts';

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
const LOCK_WAIT = 60;

/** Seconds that a migration may wait for a table that is in use. */
const TABLE_WAIT = 30;

/** Milliseconds for one statement of a migration. */
const STATEMENT_LIMIT = 60 * 60_000;

/** A lock's name is the server's, so it says the database; it may have 64 characters. */
const LOCK_NAME = "CONCAT('cars-api-', LEFT(SHA2(DATABASE(), 256), 40))";

/**
 * Errors of a statement that was applied already: table, column or index exists, or is gone. Accepted only for a
 * statement that was begun and then cut off, which may have been applied without being counted.
 */
const APPLIED_ALREADY = [1050, 1051, 1060, 1061, 1091];

/** Answers that say nothing against the migration: a table in use, a deadlock, a server that ends. */
const CURED_BY_WAITING = [1053, 1205, 1213, 1927, 3169];

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

/** On a connection of its own, because a migration may take longer than a call. */
export async function migrate(
  config: MysqlConfig,
  plan: (ledger: readonly LedgerEntry[]) => readonly Migration[],
): Promise<void> {
  const connection = await openConnection(config, STATEMENT_LIMIT);
  try {
    const [[locked]] = await connection.run<[[0 | 1 | null]]>(`SELECT GET_LOCK(${LOCK_NAME}, ${LOCK_WAIT})`);
    if (locked !== 1) {
      throw new CarError('unavailable', { cause: new Error('another process is migrating') });
    }
    await connection.run(`SET SESSION lock_wait_timeout = ${TABLE_WAIT}`);
    await connection.run(CREATE_LEDGER);
    for (const migration of plan(await readLedger(connection))) await apply(connection, migration);
  } finally {
    // The server gives the lock up with the connection.
    await connection.end();
  }
}

async function apply(session: Session, migration: Migration): Promise<void> {
  const { version, name, oldestCompatible, checksum } = migration;
  await session.run(
    `INSERT IGNORE INTO schema_migrations VALUES
     (${version}, ${quote(name)}, ${oldestCompatible}, ${quote(checksum)}, 0, 0, NULL)`,
  );
  const [[begun, applied]] = await session.run<[[number, number]]>(
    `SELECT statements_begun, statements_applied FROM schema_migrations WHERE version = ${version}`,
  );
  const note = (column: string, value: number | string) =>
    session.run(`UPDATE schema_migrations SET ${column} = ${value} WHERE version = ${version}`);

  for (const [index, statement] of splitStatements(migration.sql).entries()) {
    if (index < applied) continue;
    await note('statements_begun', index + 1);
    try {
      await session.run(statement);
    } catch (error) {
      if (isConnectionLost(error) || CURED_BY_WAITING.includes(errnoOf(error) ?? 0)) throw error;
      const wasCut = begun > applied && index === applied;
      if (!wasCut || !APPLIED_ALREADY.includes(errnoOf(error) ?? 0)) {
        // The server has said that it did not apply it, so there is no doubt for the next run; where nothing was applied,
        // the file may even be corrected.
        if (index > 0) await note('statements_begun', index);
        else await session.run(`DELETE FROM schema_migrations WHERE version = ${version}`);
        throw new MigrationFailedError(migration, error);
      }
    }
    await note('statements_applied', index + 1);
  }
  await note('finished_at', 'UTC_TIMESTAMP()');
}

/** Statements end with a semicolon at the end of a line; lines that start with `--` are comments. */
export function splitStatements(sql: string): string[] {
  return sql
    .replace(/^--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
