/** Rows of the table `api_keys`, the same in both engines. */

import type { ApiKey } from '../callers/api-key.ts';
import { isScope } from '../callers/caller.ts';

/** The columns of {@link KeyRow}, in their order. */
export const KEY_COLUMNS = 'id, hash, name, scopes, created_at, expires_at, revoked_at';

export type KeyRow = [
  id: string,
  hash: string,
  name: string,
  scopes: string,
  createdAt: number,
  expiresAt: number,
  revokedAt: number | null,
];

/** Leaves out scopes that this release does not know: they allow nothing here. */
export function toApiKey([id, hash, name, scopes, createdAt, expiresAt, revokedAt]: KeyRow): ApiKey {
  const known = scopes.split(' ').filter(isScope);
  return { id, hash, name, scopes: known, createdAt, expiresAt, revokedAt: revokedAt ?? undefined };
}

export function toKeyRow(key: ApiKey): KeyRow {
  const { id, hash, name, scopes, createdAt, expiresAt, revokedAt } = key;
  return [id, hash, name, scopes.join(' '), createdAt, expiresAt, revokedAt ?? null];
}
