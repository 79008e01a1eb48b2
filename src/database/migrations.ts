/** Numbered SQL files, the ledger of those that a database has had, and the rule that compares the two. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

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
  /** False when applying it was cut off half-way (only where the engine commits each statement by itself). */
  readonly finished: boolean;
}

/** This service must not work with that database; the message says why and names the migrations. */
export class SchemaRefusedError extends Error {
  override name = 'SchemaRefusedError';
}

/** A migration's SQL failed; the message names it. */
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
 * Reads a folder of migrations, in order. Throws when a name is not `NNNN-what-it-does.sql`, when the numbers are not
 * 1, 2, 3, …, or when a file lacks its line `-- oldest-compatible: N`.
 */
export function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file, index) => {
      const sql = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');
      const version = Number(FILE_NAME.exec(file)?.[1]);
      const oldestCompatible = Number(OLDEST_COMPATIBLE.exec(sql)?.[1]);
      if (version !== index + 1)
        throw new Error(`${join(folder, file)}: expected number ${index + 1} in its name`);
      if (!(oldestCompatible >= 1 && oldestCompatible <= version)) {
        throw new Error(
          `${join(folder, file)}: expected a line "-- oldest-compatible: N" with N from 1 to ${version}`,
        );
      }
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { version, name: file.replace(/\.sql$/, ''), oldestCompatible, checksum, sql };
    });
}

/**
 * Names the migrations that a database still lacks. Throws {@link SchemaRefusedError} when one that this service
 * knows was altered, or when the database has newer ones that do not allow this service's version.
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
