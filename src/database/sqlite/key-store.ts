/** Stores API keys in SQLite. */

import type { DatabaseSync } from 'node:sqlite';
import type { KeyStore } from '../../callers/key-store.ts';
import { KEY_COLUMNS, type KeyRow, toApiKey, toKeyRow } from '../key-rows.ts';
import { transaction } from './connection.ts';
import { translateErrors } from './errors.ts';

export function createKeyStore(connection: DatabaseSync): KeyStore {
  return {
    list: async () =>
      translateErrors(() =>
        connection
          .prepare(`SELECT ${KEY_COLUMNS} FROM api_keys ORDER BY created_at, id`)
          .all()
          .map((row) => toApiKey(Object.values(row) as KeyRow)),
      ),

    add: async (key) =>
      translateErrors(() =>
        transaction(connection, () => {
          const { id, name, createdAt } = key;
          connection
            .prepare('UPDATE api_keys SET live_name = NULL WHERE live_name = ? AND expires_at <= ?')
            .run(name, createdAt);
          const has = (column: string, value: string) =>
            connection.prepare(`SELECT 1 FROM api_keys WHERE ${column} = ?`).get(value) !== undefined;
          if (has('id', id)) return 'id-taken';
          if (has('live_name', name)) return 'name-taken';
          connection
            .prepare(`INSERT INTO api_keys (${KEY_COLUMNS}, live_name) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
            .run(...toKeyRow(key), name);
          return 'added';
        }),
      ),

    revoke: async (nameOrId, now) =>
      translateErrors(() =>
        transaction(connection, () => {
          const { changes } = connection
            .prepare(
              `UPDATE api_keys SET revoked_at = ?, live_name = NULL
               WHERE (live_name = ? OR id = ?) AND revoked_at IS NULL`,
            )
            .run(now, nameOrId, nameOrId);
          return changes > 0;
        }),
      ),
  };
}
