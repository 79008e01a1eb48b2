/** Stores API keys in MySQL. */

import { escape as quote } from 'mysql2';
import type { ApiKey } from '../../callers/api-key.ts';
import type { Added, KeyStore } from '../../callers/key-store.ts';
import { KEY_COLUMNS, type KeyRow, toApiKey, toKeyRow } from '../key-rows.ts';
import type { Session } from './connection.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { ER, errnoOf, translateErrors } from './errors.ts';
import { retryOnce } from './retry-once.ts';
import { TIMING } from './timing.ts';

export function createKeyStore({ withConnection }: ConnectionPool): KeyStore {
  async function read<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + TIMING.answer;
    return retryOnce(() => withConnection(work, deadline), true, deadline);
  }

  async function add(key: ApiKey): Promise<Added> {
    try {
      await withConnection((session) => insert(session, key));
      return 'added';
    } catch (error) {
      if (errnoOf(error) !== ER.DUP_ENTRY) throw error;
      const sql = `SELECT 1 FROM api_keys WHERE id = ${quote(key.id)}`;
      const [row] = await read((session) => session.run<[1][]>(sql));
      return row === undefined ? 'name-taken' : 'id-taken';
    }
  }

  return {
    list: () => translateErrors(read(list)),
    add: (key) => translateErrors(add(key)),
    revoke: (nameOrId, now) => translateErrors(withConnection((session) => revoke(session, nameOrId, now))),
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
  await session.commit([
    `INSERT INTO api_keys (${KEY_COLUMNS}, live_name) VALUES (${values.join(', ')}, ${name})`,
    'COMMIT',
  ]);
}

async function revoke(session: Session, nameOrId: string, now: number): Promise<boolean> {
  const value = quote(nameOrId);
  const { affectedRows } = await session.commit<{ readonly affectedRows: number }>([
    `UPDATE api_keys SET revoked_at = ${now}, live_name = NULL
     WHERE (live_name = ${value} OR id = ${value}) AND revoked_at IS NULL`,
  ]);
  return affectedRows > 0;
}
