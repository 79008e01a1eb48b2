/**
 * The command `inspect`: prints the database's migrations and number of cars as one line of JSON.
 * Read-only. The release program and the check of a restored backup run it as a task, because they
 * cannot reach the database.
 */

import { newUsage } from '../cars/request-context.ts';
import { parseCommandConfig } from '../config/config.ts';
import { openDatabase } from '../database/open-database.ts';
import { createLog } from '../observability/log.ts';
import { describeFailure } from './describe-failure.ts';
import { hasNoArguments } from './no-arguments.ts';
import { exitOnLostOutput, exitOnSignal } from './process-events.ts';
import { withTimeToConnect } from './with-time-to-connect.ts';

exitOnSignal();
exitOnLostOutput();

const HELP = `Usage: npm run --silent inspect

Prints the applied migrations and the number of cars, as one line of JSON. Changes nothing. If this
version of the service cannot use the database, the number of cars is null.

Give the command the settings of the service, in the environment or in .env.

Exit codes
  0  done
  1  failed
  2  wrong usage
`;

try {
  if (hasNoArguments('inspect', HELP)) await inspect();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}

async function inspect(): Promise<void> {
  const config = parseCommandConfig(process.env);
  const database = await openDatabase({ ...config.database, migrateOnStart: false }, createLog('fatal'));
  try {
    const ledger = await withTimeToConnect(database.readLedger);
    const migrations = ledger.map(({ version, name, oldestCompatible, finished }) => ({
      version,
      name,
      oldestCompatible,
      finished,
    }));
    // When this version cannot use the schema, report the migrations only.
    const cars = await withTimeToConnect(database.ensureSchema).then(
      () => database.cars.count({ author: { caller: '', requestId: '' }, usage: newUsage() }, {}),
      () => null,
    );
    process.stdout.write(`${JSON.stringify({ migrations, cars })}\n`);
  } finally {
    await database.close();
  }
}
