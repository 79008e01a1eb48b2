/** Opens a database as the service does, from its `DATABASE_URL`, and waits until it is ready. */

import { parseConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open-database.ts';
import { createLog } from '../../src/observability/log.ts';

export async function openStarted(url: string): Promise<Database> {
  const database = await openDatabase(parseConfig({ DATABASE_URL: url }).database, createLog('silent'));
  await database.start();
  return database;
}
