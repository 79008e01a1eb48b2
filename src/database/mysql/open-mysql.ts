/** Opens the MySQL engine. It needs no server yet: the service can start before its database. */

import { CarError } from '../../cars/car-error.ts';
import type { MysqlConfig } from '../../config/database.ts';
import type { Engine } from '../database.ts';
import { ensureAppUser } from './app-user.ts';
import { createAuditTrail } from './audit-trail.ts';
import { createCarStore } from './car-store.ts';
import type { Session } from './connection.ts';
import { AllInUseError, openConnectionPool } from './connection-pool.ts';
import { forgetExpiredKeys } from './create-cars.ts';
import { toCarError, translateErrors } from './errors.ts';
import { createIamTokens, type IamTokens } from './iam-tokens.ts';
import { createKeyStore } from './key-store.ts';
import { migrate, readLedger } from './migration-ledger.ts';
import { TIMING } from './timing.ts';

/** How often expired idempotency keys are removed, in milliseconds. */
const FORGET_INTERVAL = 10 * 60_000;

export function openMysql(config: MysqlConfig): Engine {
  const server = { ...config, tokens: createTokens(config) };
  const pool = openConnectionPool(server);
  // A failure does not matter: the next run removes them.
  const forget = () => void pool.withConnection(forgetExpiredKeys, Number.POSITIVE_INFINITY).catch(() => {});
  const forgetting = setInterval(forget, FORGET_INTERVAL).unref();
  return {
    cars: createCarStore(pool, config.audit),
    keys: createKeyStore(pool),
    trail: createAuditTrail(pool),
    poolState: pool.state,
    readLedger: () => translateErrors(pool.withConnection(readLedger)),
    ensureAppUser: async () => {
      if (config.appUser !== undefined) await translateErrors(ensureAppUser(server, config.appUser));
    },
    migrate: (plan) => translateErrors(migrate(server, plan)),
    async ping() {
      try {
        await Promise.race([pool.withConnection(ping), rejectAfter(TIMING.ready)]);
      } catch (error) {
        // Under full load no connection may be free for the ping. Then other work that succeeded
        // shows as much.
        const isBusy = error instanceof CarError && error.cause instanceof AllInUseError;
        if (!isBusy || !pool.hasAnswered(TIMING.ready)) throw toCarError(error);
      }
    },
    close: () => {
      clearInterval(forgetting);
      return pool.close();
    },
  };
}

function createTokens({ host, port, user, iamRegion }: MysqlConfig): IamTokens | undefined {
  return iamRegion === undefined
    ? undefined
    : createIamTokens({ hostname: host, port, username: user, region: iamRegion });
}

/**
 * Needs the rights of a read and of every change, and a server that is not read-only, but changes
 * nothing.
 */
const PING = ['INSERT INTO cars SELECT * FROM cars', 'UPDATE cars SET year = year', 'DELETE FROM cars']
  .map((change) => `EXPLAIN ${change} WHERE FALSE`)
  .join(';');

async function ping(session: Session): Promise<void> {
  await session.run(PING);
}

function rejectAfter(milliseconds: number): Promise<never> {
  return new Promise((_, reject) => {
    const rejectNow = () =>
      reject(new CarError('unavailable', { cause: new Error(`no answer within ${milliseconds} ms`) }));
    setTimeout(rejectNow, milliseconds).unref();
  });
}
