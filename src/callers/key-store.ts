/** The port that a database fulfils: the API keys that it keeps. */

import type { ApiKey } from './api-key.ts';

/** What became of a key that was to be added. */
export type Added = 'added' | 'name-taken' | 'id-taken';

/** Every call may fail with the domain's `unavailable`; changes also with `outcome-unknown` and `storage-full`. */
export interface KeyStore {
  /** All keys, also those that have expired or were revoked, oldest first. */
  list(): Promise<ApiKey[]>;
  /** Keeps a key, unless a live one has its name or any has its id. */
  add(key: ApiKey): Promise<Added>;
  /**
   * Revokes the live key with this name or id; false when there is none.
   * @param now seconds since 1970
   */
  revoke(nameOrId: string, now: number): Promise<boolean>;
}
