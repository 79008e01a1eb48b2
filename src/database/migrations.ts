/**
 * Migrations: numbered SQL files, the ledger of those that a database has had, and which ones are
 * pending.
 */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitStatements } from './sql-statements.ts';

export interface Migration {
  readonly version: number;
  /** The file's name without `.sql`. */
  readonly name: string;
  /** The oldest schema version whose code still works with this migration applied. */
  readonly oldestCompatible: number;
  /** SHA-256 of the file, in hex. */
  readonly checksum: string;
  readonly sql: string;
}

export interface LedgerEntry {
  readonly version: number;
  readonly name: string;
  readonly oldestCompatible: number;
  readonly checksum: string;
  /**
   * False if the process was stopped while it applied the migration. Only MySQL has such entries:
   * see its ledger.
   */
  readonly finished: boolean;
}

/** This service must not work with that database. The message says why and names the migrations. */
export class SchemaRefusedError extends Error {
  override name = 'SchemaRefusedError';
}

/** A migration's SQL failed. The message names the migration. */
export class MigrationFailedError extends Error {
  override name = 'MigrationFailedError';

  constructor(migration: Migration, cause: unknown) {
    super(`migration ${migration.name} failed: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;
const OLDEST_COMPATIBLE = /^-- oldest-compatible: (\d+)$/m;

/**
 * Reads a folder of migrations, in order. Throws if a file's name is not `NNNN-what-it-does.sql`,
 * if the numbers are not 1, 2, 3, …, if a file lacks its line `-- oldest-compatible: N`, or if a
 * MySQL file has more than one statement. A version that changes nothing on one engine has a file
 * without a statement there.
 */
export function readMigrations(folder: string, engine: 'mysql' | 'sqlite'): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file, index) => {
      const path = join(folder, file);
      const sql = readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
      const version = Number(FILE_NAME.exec(file)?.[1]);
      const oldestCompatible = Number(OLDEST_COMPATIBLE.exec(sql)?.[1]);
      if (version !== index + 1) throw new Error(`${path}: expected number ${index + 1} in its name`);
      if (!(oldestCompatible >= 1 && oldestCompatible <= version)) {
        throw new Error(`${path}: expected a line "-- oldest-compatible: N" with N from 1 to ${version}`);
      }
      if (engine === 'mysql') checkStatements(path, sql);
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { version, name: file.replace(/\.sql$/, ''), oldestCompatible, checksum, sql };
    });
}

/** MySQL commits each DDL statement by itself, so a file with several could be applied in part. */
function checkStatements(path: string, sql: string): void {
  const { length } = splitStatements(sql);
  if (length > 1) {
    throw new Error(
      `${path}: expected at most one statement, found ${length}; MySQL needs a migration for each statement`,
    );
  }
}

/**
 * Returns the migrations that a database still lacks. Throws {@link SchemaRefusedError} if one that
 * this service knows was altered, or if the database has newer ones that do not allow this
 * service's version.
 */
export function pendingMigrations(known: readonly Migration[], ledger: readonly LedgerEntry[]): Migration[] {
  const own = known.length;
  const altered = ledger.filter((entry) => {
    const migration = known[entry.version - 1];
    return migration !== undefined && migration.checksum !== entry.checksum;
  });
  if (altered.length > 0) {
    throw new SchemaRefusedError(`applied migrations differ from this service's files: ${names(altered)}`);
  }
  const tooNew = ledger.filter((entry) => entry.version > own && entry.oldestCompatible > own);
  if (tooNew.length > 0) {
    throw new SchemaRefusedError(
      `the database has migrations that this service (schema version ${own}) cannot work with: ${names(tooNew)}`,
    );
  }
  const finished = new Set(ledger.filter((entry) => entry.finished).map((entry) => entry.version));
  return known.filter((migration) => !finished.has(migration.version));
}

function names(entries: readonly LedgerEntry[]): string {
  return entries.map((entry) => entry.name).join(', ');
}
