/** The other process: applies pending migrations and leaves. Exit code 0 when none is pending, 1 when it failed. */

import { CarError } from './cars/car-error.ts';
import { parseConfig } from './config/config.ts';
import { ConfigError } from './config/reader.ts';
import { openDatabase } from './database/open-database.ts';
import { createLog } from './observability/log.ts';

try {
  const config = parseConfig(process.env);
  const log = createLog(config.logLevel);
  const database = await openDatabase({ ...config.database, migrateOnStart: true }, log);
  try {
    await database.ensureSchema();
    await database.ensureAppUser();
    log.info('the schema is current');
  } finally {
    await database.close();
  }
} catch (error) {
  // A CarError is a code; what happened is in its cause.
  const reason = error instanceof CarError && error.cause instanceof Error ? error.cause : error;
  const lines =
    reason instanceof ConfigError
      ? reason.faults.map(({ variable, problem }) => `${variable} ${problem}`)
      : [reason instanceof Error ? reason.message : String(reason)];
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exitCode = 1;
}
