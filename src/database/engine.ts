/** What each engine gives: the store, and the few things that the migrator needs of it. */

import type { KeyStore } from '../callers/key-store.ts';
import type { CarStore } from '../cars/car-store.ts';
import type { LedgerEntry, Migration } from './migrations.ts';

export interface Engine {
  readonly cars: CarStore;
  readonly keys: KeyStore;
  /** What the database says was applied; empty when it was never migrated. Throws `unavailable`. */
  readLedger(): Promise<LedgerEntry[]>;
  /**
   * Applies what `plan` names for the ledger as it stands, while no other process can do the same. Throws what
   * `plan` throws, `unavailable`, and {@link MigrationFailedError}.
   */
  migrate(plan: (ledger: readonly LedgerEntry[]) => readonly Migration[]): Promise<void>;
  /** Sees to the user that the configuration names for the service; nothing where it names none. Throws `unavailable`. */
  ensureAppUser(): Promise<void>;
  /** Resolves when the database answers; throws `unavailable` when it does not within a second. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
