/** The port to the database for API keys. */

import type { ApiKey } from './api-key.ts';

/** The result of adding a key. */
export type Added = 'added' | 'name-taken' | 'id-taken';

/** Each function can fail with the domain's `unavailable`; changes also with `outcome-unknown` and `storage-full`. */
export interface KeyStore {
  /** Returns all keys, oldest first, including expired and revoked ones. */
  list(): Promise<ApiKey[]>;
  /** Stores a key, unless a live key has its name or any key has its id. */
  add(key: ApiKey): Promise<Added>;
  /**
   * Revokes the live key with this name or id; returns false when there is none.
   * @param now seconds since 1970
   */
  revoke(nameOrId: string, now: number): Promise<boolean>;
}
