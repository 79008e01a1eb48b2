/** The MySQL engine: `mysql2` on a server that may come and go. */

import type { MysqlConfig } from '../../config.ts';
import type { Engine } from '../engine.ts';
import { createCarStore } from './car-store.ts';
import { openConnections } from './connections.ts';
import { toCarError } from './errors.ts';
import { migrate, readLedger } from './migration-ledger.ts';

export function openMysql(config: MysqlConfig): Engine {
  const connections = openConnections(config);
  return {
    cars: createCarStore(connections),
    readLedger: () => rephrase(connections.use(readLedger)),
    migrate: (plan) => rephrase(migrate(connections, plan)),
    ping: async () => {
      await rephrase(connections.use((session) => session.run('DO 1')));
    },
    close: connections.close,
  };
}

async function rephrase<Result>(result: Promise<Result>): Promise<Result> {
  try {
    return await result;
  } catch (error) {
    throw toCarError(error);
  }
}
