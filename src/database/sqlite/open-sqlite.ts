/** Opens the embedded engine: `node:sqlite` on a file or in memory. */

import type { SqliteConfig } from '../../config/database.ts';
import type { Engine } from '../database.ts';
import { createCarStore } from './car-store.ts';
import { openConnection } from './connection.ts';
import { translateErrors } from './errors.ts';
import { createKeyStore } from './key-store.ts';
import { migrate, readLedger } from './migration-ledger.ts';

/** Throws if the file cannot be opened: waiting does not help against a wrong path. */
export function openSqlite(config: SqliteConfig): Engine {
  const connection = openConnection(config.path);
  return {
    cars: createCarStore(connection, config.audit),
    keys: createKeyStore(connection),
    readLedger: async () => translateErrors(() => readLedger(connection)),
    migrate: async (plan) => translateErrors(() => migrate(connection, plan)),
    ensureAppUser: async () => {}, // a file has no users
    poolState: () => undefined,
    ping: async () => translateErrors(() => void connection.prepare('SELECT 1').get()),
    close: async () => connection.close(),
  };
}
