/** Opens the configured engine and keeps its schema fit: the only place that knows that there are two engines. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyStore } from '../callers/key-store.ts';
import { CarError } from '../cars/car-error.ts';
import type { CarDatabase } from '../cars/car-store.ts';
import type { DatabaseConfig } from '../config/database.ts';
import type { Log } from '../observability/log.ts';
import { packageRoot } from '../package.ts';
import type { Engine, PoolState } from './engine.ts';
import { type LedgerEntry, type Migration, pendingMigrations, readMigrations } from './migrations.ts';

export interface Database extends CarDatabase {
  /** The keys of callers. Reading this member throws `unavailable` until the schema was found fit. */
  readonly keys: KeyStore;
  /** Undefined where there is no pool. */
  poolState(): PoolState | undefined;
  /**
   * Resolves when the database was reached and its schema is fit, however long that takes. Rejects with
   * {@link SchemaRefusedError} or {@link MigrationFailedError}, which no waiting would cure.
   */
  start(): Promise<void>;
  /** What the database says was applied, whether this service can work with it or not. Throws {@link CarError}. */
  readLedger(): Promise<LedgerEntry[]>;
  /** Sees to the user that the configuration names for the service. Throws {@link CarError}. */
  ensureAppUser(): Promise<void>;
  close(): Promise<void>;
}

/** Pauses between attempts to reach the database, in milliseconds: doubled each time, then jittered. */
const RETRY = { first: 100, longest: 1600 };

export async function openDatabase(config: DatabaseConfig, log: Log): Promise<Database> {
  const folder = join(packageRoot, 'migrations', config.engine);
  return superviseSchema(await openEngine(config), readMigrations(folder), config.migrateOnStart, log);
}

/** Loads only the engine that is used: the other one's driver would cost start-up time and memory for nothing. */
async function openEngine(config: DatabaseConfig): Promise<Engine> {
  if (config.engine === 'mysql') return (await import('./mysql/open-mysql.ts')).openMysql(config);
  return (await import('./sqlite/open-sqlite.ts')).openSqlite(config);
}

/** Stands between the service and its engine: gives the store only once the schema is fit. */
export function superviseSchema(
  engine: Engine,
  known: readonly Migration[],
  mayMigrate: boolean,
  log: Log,
): Database {
  const stop = new AbortController();
  let fit = false;

  async function ensureSchema(): Promise<void> {
    const pending = pendingMigrations(known, await engine.readLedger());
    if (pending.length > 0) {
      const names = pending.map((migration) => migration.name).join(', ');
      if (!mayMigrate)
        throw new CarError('unavailable', { cause: new Error(`migrations are pending: ${names}`) });
      log.info({ migrations: names }, 'migrating');
      await engine.migrate((ledger) => pendingMigrations(known, ledger));
    }
    fit = true;
  }

  function fitEngine(): Engine {
    if (!fit) throw new CarError('unavailable', { cause: new Error('the schema was not checked yet') });
    return engine;
  }

  return {
    get cars() {
      return fitEngine().cars;
    },

    get keys() {
      return fitEngine().keys;
    },

    async start() {
      for (let pause = RETRY.first; !stop.signal.aborted; pause = Math.min(pause * 2, RETRY.longest)) {
        try {
          return await ensureSchema();
        } catch (error) {
          if (!(error instanceof CarError)) throw error;
          log.warn({ reason: reasonOf(error) }, 'the database is not ready; trying again');
          await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal: stop.signal }).catch(() => {});
        }
      }
    },

    async checkReady() {
      if (!fit) throw new CarError('unavailable');
      await engine.ping();
    },

    ensureSchema,
    readLedger: () => engine.readLedger(),
    ensureAppUser: () => engine.ensureAppUser(),
    waits: () => engine.cars.waits(),
    poolState: () => engine.poolState?.(),

    async close() {
      stop.abort();
      await engine.close();
    },
  };
}

function reasonOf(error: CarError): string {
  return error.cause instanceof Error ? error.cause.message : error.code;
}
