/** Waits until a service has found its database again. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../src/database/database.ts';
import { outcomeOf } from './cars.ts';

export async function untilReady(database: Database): Promise<void> {
  while ((await outcomeOf(database.checkReady())) === 'unavailable') await sleep(20);
}
