/** The MySQL engine: `mysql2` on a server that may come and go. */

import type { MysqlConfig } from '../../config.ts';
import type { Engine } from '../engine.ts';
import { createCarStore } from './car-store.ts';
import { openConnections } from './connections.ts';
import { forgetExpiredKeys } from './create-cars.ts';
import { toCarError } from './errors.ts';
import { migrate, readLedger } from './migration-ledger.ts';

/** How often expired idempotency keys are removed, in milliseconds. */
const FORGET_INTERVAL = 10 * 60_000;

export function openMysql(config: MysqlConfig): Engine {
  const connections = openConnections(config);
  const forget = () => void connections.use(forgetExpiredKeys).catch(() => {}); // the next time will do
  const forgetting = setInterval(forget, FORGET_INTERVAL).unref();
  return {
    cars: createCarStore(connections),
    readLedger: () => rephrase(connections.use(readLedger)),
    migrate: (plan) => rephrase(migrate(connections, plan)),
    ping: async () => {
      await rephrase(connections.use((session) => session.run('DO 1')));
    },
    close: () => {
      clearInterval(forgetting);
      return connections.close();
    },
  };
}

async function rephrase<Result>(result: Promise<Result>): Promise<Result> {
  try {
    return await result;
  } catch (error) {
    throw toCarError(error);
  }
}
