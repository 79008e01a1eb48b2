/** The embedded engine: `node:sqlite` on a file or in memory. */

import type { SqliteConfig } from '../../config/database.ts';
import type { Engine } from '../engine.ts';
import { createCarStore } from './car-store.ts';
import { openConnection } from './connection.ts';
import { toCarError } from './errors.ts';
import { migrate, readLedger } from './migration-ledger.ts';

/** Throws when the file cannot be opened: unlike a server that is away, a wrong path is not cured by waiting. */
export function openSqlite(config: SqliteConfig): Engine {
  const connection = openConnection(config.path);
  return {
    cars: createCarStore(connection, config.audit),
    readLedger: async () => attempt(() => readLedger(connection)),
    migrate: async (plan) => attempt(() => migrate(connection, plan)),
    ensureAppUser: async () => {}, // a file has no users
    ping: async () => attempt(() => void connection.prepare('SELECT 1').get()),
    close: async () => connection.close(),
  };
}

function attempt<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw toCarError(error);
  }
}
