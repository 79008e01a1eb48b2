/**
 * The command `migrate`: applies pending migrations. Exits with 0 when none is left, with 1 on
 * failure.
 */

import { parseCommandConfig } from '../config/config.ts';
import { openDatabase } from '../database/open-database.ts';
import { createLog } from '../observability/log.ts';
import { describeFailure } from './describe-failure.ts';
import { exitOnLostOutput, exitOnSignal } from './process-events.ts';

exitOnSignal();
exitOnLostOutput();

try {
  const config = parseCommandConfig(process.env);
  const log = createLog(config.logLevel);
  const database = await openDatabase({ ...config.database, migrateOnStart: true }, log);
  try {
    await database.ensureSchema();
    await database.ensureAppUser();
    log.info('the schema is up to date');
  } finally {
    await database.close();
  }
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
