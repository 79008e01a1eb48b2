/** API keys for tests, put straight into the database that a service works on. */

import { type ApiKey, type GeneratedKey, generateKey } from '../../src/callers/api-key.ts';
import { SCOPES } from '../../src/callers/caller.ts';
import type { KeyStore } from '../../src/callers/key-store.ts';

/** A key that was made now, for everything, that lives for an hour and has a name of its own; but for what is given. */
export function aKey(fields: Partial<ApiKey> = {}): ApiKey & GeneratedKey {
  const { text, id, hash } = generateKey();
  const now = Math.floor(Date.now() / 1000);
  const usual = {
    name: `k${id}`,
    scopes: SCOPES,
    createdAt: now,
    expiresAt: now + 3600,
    revokedAt: undefined,
  };
  return { text, id, hash, ...usual, ...fields };
}

/** Adds a key; gives its text. */
export async function giveKey(keys: KeyStore, fields: Partial<ApiKey> = {}): Promise<string> {
  const { text, ...key } = aKey(fields);
  const added = await keys.add(key);
  if (added !== 'added') throw new Error(added);
  return text;
}
