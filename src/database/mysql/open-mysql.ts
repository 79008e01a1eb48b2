/** The MySQL engine: `mysql2` on a server that may come and go. */

import { CarError } from '../../cars/car-error.ts';
import type { MysqlConfig } from '../../config/database.ts';
import type { Engine } from '../database.ts';
import { ensureAppUser } from './app-user.ts';
import { createCarStore } from './car-store.ts';
import { AllInUseError, openConnections } from './connections.ts';
import { forgetExpiredKeys } from './create-cars.ts';
import { rephraseErrors, toCarError } from './errors.ts';
import { createKeyStore } from './key-store.ts';
import { migrate, readLedger } from './migration-ledger.ts';
import type { Session } from './session.ts';

/** How often expired idempotency keys are removed, in milliseconds. */
const FORGET_INTERVAL = 10 * 60_000;

/** How long the database may take to say that it is there, in milliseconds. */
const PING_LIMIT = 900;

export function openMysql(config: MysqlConfig): Engine {
  const connections = openConnections(config);
  const forget = () => void connections.use(forgetExpiredKeys).catch(() => {}); // the next time will do
  const forgetting = setInterval(forget, FORGET_INTERVAL).unref();
  return {
    cars: createCarStore(connections, config.audit),
    keys: createKeyStore(connections),
    poolState: connections.state,
    readLedger: () => rephraseErrors(connections.use(readLedger)),
    ensureAppUser: async () => {
      if (config.appUser !== undefined) await rephraseErrors(ensureAppUser(config, config.appUser));
    },
    migrate: (plan) => rephraseErrors(migrate(config, plan)),
    async ping() {
      try {
        await Promise.race([connections.use(ask), refuseAfter(PING_LIMIT)]);
      } catch (error) {
        // Under full load no connection may be free to ask; that others get answers says as much.
        const isBusy = error instanceof CarError && error.cause instanceof AllInUseError;
        if (!isBusy || !connections.hasAnswered(PING_LIMIT)) throw toCarError(error);
      }
    },
    close: () => {
      clearInterval(forgetting);
      return connections.close();
    },
  };
}

async function ask(session: Session): Promise<void> {
  await session.run('DO 1');
}

function refuseAfter(milliseconds: number): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = () =>
      reject(new CarError('unavailable', { cause: new Error(`no answer in ${milliseconds} ms`) }));
    setTimeout(refuse, milliseconds).unref();
  });
}
