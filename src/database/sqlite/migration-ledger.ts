/**
 * The ledger of applied migrations in SQLite, which applies all pending ones in one transaction.
 */

import type { DatabaseSync } from 'node:sqlite';
import { type LedgerEntry, type Migration, MigrationFailedError } from '../migrations.ts';
import { transaction } from './connection.ts';

const CREATE_LEDGER = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    oldest_compatible INTEGER NOT NULL,
    checksum TEXT NOT NULL,
    applied_at TEXT NOT NULL
  ) STRICT`;

export function readLedger(connection: DatabaseSync): LedgerEntry[] {
  const exists = connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'").get();
  if (exists === undefined) return [];
  return connection
    .prepare('SELECT version, name, oldest_compatible, checksum FROM schema_migrations ORDER BY version')
    .all()
    .map((row) => ({
      version: Number(row['version']),
      name: String(row['name']),
      oldestCompatible: Number(row['oldest_compatible']),
      checksum: String(row['checksum']),
      finished: true,
    }));
}

export function migrate(
  connection: DatabaseSync,
  plan: (ledger: readonly LedgerEntry[]) => readonly Migration[],
): void {
  transaction(connection, () => {
    connection.exec(CREATE_LEDGER);
    const record = connection.prepare(
      `INSERT INTO schema_migrations (version, name, oldest_compatible, checksum, applied_at)
       VALUES (?, ?, ?, ?, datetime('now'))`,
    );
    for (const migration of plan(readLedger(connection))) {
      try {
        connection.exec(migration.sql);
      } catch (error) {
        throw new MigrationFailedError(migration, error);
      }
      record.run(migration.version, migration.name, migration.oldestCompatible, migration.checksum);
    }
  });
}
