/** Opens the embedded engine: `node:sqlite` on a file or in memory. */

import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { CarError } from '../../cars/car-error.ts';
import type { SqliteConfig } from '../../config/database.ts';
import type { Engine } from '../database.ts';
import { createAuditTrail } from './audit-trail.ts';
import { createBatchThread } from './batch-thread.ts';
import { createCarStore } from './car-store.ts';
import { openConnection } from './connection.ts';
import { translateErrors } from './errors.ts';
import { createKeyStore } from './key-store.ts';
import { migrate, readLedger } from './migration-ledger.ts';
import { type FileWatch, watchFile } from './watch-file.ts';

/** Throws if the file cannot be opened: waiting does not help against a wrong path. */
export function openSqlite(config: SqliteConfig): Engine {
  const connection = openFile(config.path);
  const watch = watchFile(config.path);
  const { path, audit } = config;
  // Only its own connection sees a database in memory.
  const thread = path === ':memory:' ? undefined : createBatchThread({ path, audit });
  return {
    cars: createCarStore(connection, audit, { checkPlace: watch.checkPlace, applyBatches: thread?.apply }),
    keys: createKeyStore(connection),
    trail: createAuditTrail(connection),
    readLedger: async () => translateErrors(() => readLedger(connection)),
    migrate: async (plan) => translateErrors(() => migrate(connection, plan)),
    ensureAppUser: async () => {}, // a file has no users
    poolState: () => undefined,
    ping: async () => checkHealth(connection, watch),
    async close() {
      await thread?.close();
      connection.close();
    },
  };
}

/** Any error means that requests would fail too. */
function checkHealth(connection: DatabaseSync, watch: FileWatch): void {
  try {
    watch.checkPlace();
    watch.checkHeader();
    connection.prepare('SELECT MIN(id), MAX(id) FROM cars').get();
  } catch (error) {
    throw error instanceof CarError ? error : new CarError('unavailable', { cause: error });
  }
}

function openFile(path: string): DatabaseSync {
  try {
    return openConnection(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `cannot open the database ${resolve(path)} (${reason}). This user must be able to write the file and its folder; to use another file, set DATABASE_URL`,
      { cause: error },
    );
  }
}
