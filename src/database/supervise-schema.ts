/**
 * Makes a database out of an engine: checks or migrates its schema, and rejects requests until that
 * is done.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyStore } from '../callers/key-store.ts';
import type { AuditTrail } from '../cars/audit-trail.ts';
import { CarError } from '../cars/car-error.ts';
import type { CarStore } from '../cars/car-store.ts';
import type { Log } from '../observability/log.ts';
import type { Database, Engine } from './database.ts';
import { type Migration, pendingMigrations } from './migrations.ts';
import { shareResult } from './share-result.ts';

/**
 * Pauses between attempts to reach the database, in milliseconds: doubled each time, then jittered.
 */
const RETRY = { first: 100, max: 1600 };

/** For how long the result of a check of readiness is used again, in milliseconds. */
const READY_AGE = 1000;

export function superviseSchema(
  engine: Engine,
  known: readonly Migration[],
  mayMigrate: boolean,
  log: Log,
): Database {
  const stop = new AbortController();
  let isChecked = false;

  /** However many clients ask, one check or migration runs at a time. */
  const ensureSchema = shareResult(async () => {
    const pending = pendingMigrations(known, await engine.readLedger());
    if (pending.length > 0) {
      const names = pending.map((migration) => migration.name).join(', ');
      if (!mayMigrate) throw unavailable(`migrations are pending: ${names}`);
      log.info({ migrations: names }, 'migrating');
      await engine.migrate((ledger) => pendingMigrations(known, ledger));
    }
    isChecked = true;
  }, 0);

  function whenChecked<Result>(request: () => Promise<Result>): Promise<Result> {
    return isChecked ? request() : Promise.reject(unavailable('the schema has not been checked yet'));
  }

  const ping = shareResult(engine.ping, READY_AGE);

  return {
    cars: guardCars(engine.cars, whenChecked),
    keys: guardKeys(engine.keys, whenChecked),
    trail: guardTrail(engine.trail, whenChecked),

    async start() {
      for (let pause = RETRY.first; !stop.signal.aborted; pause = Math.min(pause * 2, RETRY.max)) {
        try {
          return await ensureSchema();
        } catch (error) {
          // The stop closed the connection.
          if (stop.signal.aborted) return;
          if (!(error instanceof CarError)) throw error;
          log.warn({ reason: reasonOf(error) }, 'the database is not ready; trying again');
          await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal: stop.signal }).catch(() => {});
        }
      }
    },

    ensureSchema,
    checkReady: () => whenChecked(ping),
    readLedger: engine.readLedger,
    ensureAppUser: engine.ensureAppUser,
    poolState: engine.poolState,

    async close() {
      stop.abort();
      await engine.close();
    },
  };
}

type Guard = <Result>(request: () => Promise<Result>) => Promise<Result>;

function guardCars(cars: CarStore, guard: Guard): CarStore {
  return {
    create: (...request) => guard(() => cars.create(...request)),
    createMany: (...request) => guard(() => cars.createMany(...request)),
    get: (...request) => guard(() => cars.get(...request)),
    update: (...request) => guard(() => cars.update(...request)),
    delete: (...request) => guard(() => cars.delete(...request)),
    history: (...request) => guard(() => cars.history(...request)),
    list: (...request) => guard(() => cars.list(...request)),
    count: (...request) => guard(() => cars.count(...request)),
    counts: (...request) => guard(() => cars.counts(...request)),
    waits: cars.waits,
  };
}

function guardKeys(keys: KeyStore, guard: Guard): KeyStore {
  return {
    list: () => guard(() => keys.list()),
    add: (key) => guard(() => keys.add(key)),
    revoke: (nameOrId, now) => guard(() => keys.revoke(nameOrId, now)),
  };
}

function guardTrail(trail: AuditTrail, guard: Guard): AuditTrail {
  return {
    read: (...request) => guard(() => trail.read(...request)),
    remove: (ids) => guard(() => trail.remove(ids)),
  };
}

function unavailable(reason: string): CarError {
  return new CarError('unavailable', { cause: new Error(reason) });
}

function reasonOf(error: CarError): string {
  return error.cause instanceof Error ? error.cause.message : error.code;
}
