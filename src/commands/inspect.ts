/**
 * A third process: says in one line of JSON what the database is, and leaves. Changes nothing. For whoever cannot reach the
 * database, but can start a task that does: the release program, and the check of a restored copy.
 */

import { newUsage } from '../cars/request-context.ts';
import { parseCommandConfig } from '../config/config.ts';
import { openDatabase } from '../database/open-database.ts';
import { createLog } from '../observability/log.ts';
import { describeFailure } from './describe-failure.ts';

try {
  const config = parseCommandConfig(process.env);
  const database = await openDatabase({ ...config.database, migrateOnStart: false }, createLog('fatal'));
  try {
    const ledger = await database.readLedger();
    const migrations = ledger.map(({ version, name, oldestCompatible, finished }) => ({
      version,
      name,
      oldestCompatible,
      finished,
    }));
    // Of a schema that this image cannot work with, the migrations are all that it can tell.
    const cars = await database.ensureSchema().then(
      () => database.cars.count({ author: { caller: '', requestId: '' }, usage: newUsage() }, {}),
      () => null,
    );
    process.stdout.write(`${JSON.stringify({ migrations, cars })}\n`);
  } finally {
    await database.close();
  }
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
