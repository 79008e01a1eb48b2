/** The other process: applies pending migrations and leaves. Exit code 0 when none is pending, 1 when it failed. */

import { ConfigError, parseConfig } from './config.ts';
import { openDatabase } from './database/open-database.ts';
import { createLog } from './observability/log.ts';

try {
  const config = parseConfig(process.env);
  const log = createLog(config.logLevel);
  const database = openDatabase({ ...config.database, migrateOnStart: true }, log);
  try {
    await database.ensureSchema();
    log.info('the schema is current');
  } finally {
    await database.close();
  }
} catch (error) {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const lines =
    reason instanceof ConfigError
      ? reason.faults.map(({ variable, problem }) => `${variable} ${problem}`)
      : [reason instanceof Error ? reason.message : String(reason)];
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exitCode = 1;
}
