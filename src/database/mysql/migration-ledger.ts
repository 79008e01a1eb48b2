/**
 * The ledger of applied migrations in MySQL. MySQL commits each DDL statement by itself
 * (https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html), so the ledger counts the statements of a migration
 * that were applied: one that was cut off goes on where it stopped.
 */

import { escape as quote } from 'mysql2';
import { CarError } from '../../cars/car-error.ts';
import { type LedgerEntry, type Migration, MigrationFailedError } from '../migrations.ts';
import { type Connections, type Session, TABLE_LOCK_WAIT } from './connections.ts';
import { errnoOf, isConnectionLost } from './errors.ts';

const CREATE_LEDGER = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    version INT UNSIGNED NOT NULL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    oldest_compatible INT UNSIGNED NOT NULL,
    checksum CHAR(64) NOT NULL,
    statements_applied INT UNSIGNED NOT NULL,
    finished_at DATETIME NULL
  ) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin`;

/** Seconds to wait for another process that migrates. */
const LOCK_WAIT = 60;

/** Seconds that a migration may wait for a table that is in use. */
const TABLE_WAIT = 30;

/** A lock's name is the server's, so it says the database; it may have 64 characters. */
const LOCK_NAME = "CONCAT('cars-api-', LEFT(SHA2(DATABASE(), 256), 40))";

/**
 * Errors of a statement that was applied already: table, column or index exists, or is gone. Accepted only for the
 * first statement after a cut, which may have been applied without being counted.
 */
const APPLIED_ALREADY = [1050, 1051, 1060, 1061, 1091];

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

export function migrate(
  connections: Connections,
  plan: (ledger: readonly LedgerEntry[]) => readonly Migration[],
): Promise<void> {
  return connections.use(async (session) => {
    const [[locked]] = await session.run<[[0 | 1 | null]]>(`SELECT GET_LOCK(${LOCK_NAME}, ${LOCK_WAIT})`);
    if (locked !== 1) {
      throw new CarError('unavailable', { cause: new Error('another process is migrating') });
    }
    try {
      await session.run(`SET SESSION lock_wait_timeout = ${TABLE_WAIT}`);
      await session.run(CREATE_LEDGER);
      for (const migration of plan(await readLedger(session))) await apply(session, migration);
    } finally {
      // Where the connection is lost, the server has given the lock up by itself.
      await session
        .run(`SET SESSION lock_wait_timeout = ${TABLE_LOCK_WAIT}; DO RELEASE_LOCK(${LOCK_NAME})`)
        .catch(() => {});
    }
  });
}

async function apply(session: Session, migration: Migration): Promise<void> {
  const { version, name, oldestCompatible, checksum } = migration;
  const { affectedRows } = await session.run<{ affectedRows: number }>(
    `INSERT IGNORE INTO schema_migrations VALUES
     (${version}, ${quote(name)}, ${oldestCompatible}, ${quote(checksum)}, 0, NULL)`,
  );
  const wasCut = affectedRows === 0;
  const [[counted]] = await session.run<[[number]]>(
    `SELECT statements_applied FROM schema_migrations WHERE version = ${version}`,
  );
  const statements = splitStatements(migration.sql);
  for (const [index, statement] of statements.entries()) {
    if (index < counted) continue;
    await session.run(statement).catch((error) => {
      const mayBeApplied = wasCut && index === counted;
      if (mayBeApplied && APPLIED_ALREADY.includes(errnoOf(error) ?? 0)) return;
      throw isConnectionLost(error) ? error : new MigrationFailedError(migration, error);
    });
    await session.run(
      `UPDATE schema_migrations SET statements_applied = ${index + 1} WHERE version = ${version}`,
    );
  }
  await session.run(`UPDATE schema_migrations SET finished_at = UTC_TIMESTAMP() WHERE version = ${version}`);
}

/** Statements end with a semicolon at the end of a line; lines that start with `--` are comments. */
export function splitStatements(sql: string): string[] {
  return sql
    .replace(/^--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
