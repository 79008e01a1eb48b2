/** API keys in MySQL. */

import { escape as quote } from 'mysql2';
import type { ApiKey } from '../../callers/api-key.ts';
import type { Added, KeyStore } from '../../callers/key-store.ts';
import { KEY_COLUMNS, type KeyRow, toApiKey, toKeyRow } from '../key-rows.ts';
import type { Connections } from './connections.ts';
import { ER, errnoOf, rephraseErrors } from './errors.ts';
import { onceMore } from './retry-once.ts';
import type { Session } from './session.ts';

export function createKeyStore({ use }: Connections): KeyStore {
  async function read<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    return onceMore(() => use(work), true);
  }

  async function add(key: ApiKey): Promise<Added> {
    try {
      await use((session) => insert(session, key));
      return 'added';
    } catch (error) {
      if (errnoOf(error) !== ER.DUP_ENTRY) throw error;
      const sql = `SELECT 1 FROM api_keys WHERE id = ${quote(key.id)}`;
      const [row] = await read((session) => session.run<[1][]>(sql));
      return row === undefined ? 'name-taken' : 'id-taken';
    }
  }

  return {
    list: () => rephraseErrors(read(list)),
    add: (key) => rephraseErrors(add(key)),
    revoke: (nameOrId, now) => rephraseErrors(use((session) => revoke(session, nameOrId, now))),
  };
}

async function list(session: Session): Promise<ApiKey[]> {
  const rows = await session.run<KeyRow[]>(`SELECT ${KEY_COLUMNS} FROM api_keys ORDER BY created_at, id`);
  return rows.map(toApiKey);
}

async function insert(session: Session, key: ApiKey): Promise<void> {
  const name = quote(key.name);
  await session.run(
    `START TRANSACTION;
     UPDATE api_keys SET live_name = NULL WHERE live_name = ${name} AND expires_at <= ${key.createdAt}`,
  );
  const values = toKeyRow(key).map((value) => quote(value));
  await session.commit(
    `INSERT INTO api_keys (${KEY_COLUMNS}, live_name) VALUES (${values.join(', ')}, ${name}); COMMIT`,
  );
}

async function revoke(session: Session, nameOrId: string, now: number): Promise<boolean> {
  const value = quote(nameOrId);
  const { affectedRows } = await session.commit<{ readonly affectedRows: number }>(
    `UPDATE api_keys SET revoked_at = ${now}, live_name = NULL
     WHERE (live_name = ${value} OR id = ${value}) AND revoked_at IS NULL`,
  );
  return affectedRows > 0;
}
