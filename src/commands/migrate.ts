/**
 * The command `migrate`: applies pending migrations. Exits with 0 when none is left, with 1 on
 * failure.
 */

import { parseCommandConfig } from '../config/config.ts';
import { openDatabase } from '../database/open-database.ts';
import { createLog } from '../observability/log.ts';
import { describeFailure } from './describe-failure.ts';
import { hasNoArguments } from './no-arguments.ts';
import { exitOnLostOutput, exitOnSignal } from './process-events.ts';
import { withTimeToConnect } from './with-time-to-connect.ts';

exitOnSignal();
exitOnLostOutput();

const HELP = `Usage: npm run migrate

Applies pending migrations to the database of the service. If DATABASE_APP_USER is set, the command
also creates this user. You can run the command again at any time. If the database does not answer,
the command tries five times.

Give the command the settings of the service, in the environment or in .env. With MySQL, the user
(DATABASE_USER) needs the right to create tables.

Exit codes
  0  no migration is pending any more
  1  failed
  2  wrong usage
`;

try {
  if (hasNoArguments('migrate', HELP)) await migrate();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}

async function migrate(): Promise<void> {
  const config = parseCommandConfig(process.env);
  const log = createLog(config.logLevel);
  const database = await openDatabase({ ...config.database, migrateOnStart: true }, log);
  try {
    const tell = (message: string) => log.warn(message);
    await withTimeToConnect(database.ensureSchema, tell);
    await withTimeToConnect(database.ensureAppUser, tell);
    log.info('the schema is up to date');
  } finally {
    await database.close();
  }
}
