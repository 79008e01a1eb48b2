/** What each engine gives: the store, and the few things that the migrator needs of it. */

import type { KeyStore } from '../callers/key-store.ts';
import type { CarStore } from '../cars/car-store.ts';
import type { LedgerEntry, Migration } from './migrations.ts';

/** The pool of connections; `waits` and `waited` (milliseconds) count from the start. */
export interface PoolState {
  /** The most connections that may be open. */
  readonly size: number;
  readonly open: number;
  readonly free: number;
  /** Calls that wait for a connection now. */
  readonly waiting: number;
  readonly waits: number;
  readonly waited: number;
}

export interface Engine {
  readonly cars: CarStore;
  readonly keys: KeyStore;
  /** Absent where there is no pool. */
  poolState?(): PoolState;
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
