/**
 * The database as the service uses it, and what an engine (MySQL, SQLite) must provide for that.
 */

import type { KeyStore } from '../callers/key-store.ts';
import type { AuditTrail } from '../cars/audit-trail.ts';
import type { CarStore } from '../cars/car-store.ts';
import type { LedgerEntry, Migration } from './migrations.ts';

export interface Database {
  /** Its methods reject with `unavailable` until the schema was checked. */
  readonly cars: CarStore;
  /** Its methods reject with `unavailable` until the schema was checked. */
  readonly keys: KeyStore;
  /** Its methods reject with `unavailable` until the schema was checked. */
  readonly trail: AuditTrail;
  /**
   * Resolves when the database was reached and its schema fits this service, however long that
   * takes. Rejects with {@link SchemaRefusedError} or {@link MigrationFailedError}: waiting does
   * not help against those.
   */
  start(): Promise<void>;
  /**
   * Resolves if the database answers and its schema was checked, else rejects with `unavailable`.
   */
  checkReady(): Promise<void>;
  /**
   * Applies pending migrations if the configuration allows it, else rejects with `unavailable` if
   * any is pending.
   */
  ensureSchema(): Promise<void>;
  /**
   * The migrations that the database has had, whether this service can work with them or not; empty
   * before the first.
   */
  readLedger(): Promise<LedgerEntry[]>;
  /** Creates the database user that the configuration names for the service, if it names one. */
  ensureAppUser(): Promise<void>;
  /** Undefined if the engine has no pool. */
  poolState(): PoolState | undefined;
  close(): Promise<void>;
}

/**
 * What an engine provides: the same database before anyone has checked its schema, and the two
 * operations with which `superviseSchema` checks it. Only `open-database.ts` and the engines know
 * this type. All methods reject with `unavailable` if the database cannot be reached.
 */
export interface Engine extends Omit<Database, 'start' | 'checkReady' | 'ensureSchema'> {
  /**
   * Applies the migrations that `plan` returns for the current ledger, while no other process can
   * do the same. Rejects with what `plan` throws, and with {@link MigrationFailedError}.
   */
  migrate(plan: (ledger: readonly LedgerEntry[]) => readonly Migration[]): Promise<void>;
  /** Resolves if the database answers within a second. */
  ping(): Promise<void>;
}

/**
 * The pool of connections. `waits` and `waited` (milliseconds) count from the start of the process.
 */
export interface PoolState {
  /** The maximum number of open connections. */
  readonly size: number;
  readonly open: number;
  readonly free: number;
  /** Requests that wait for a connection now. */
  readonly waiting: number;
  readonly waits: number;
  readonly waited: number;
}
