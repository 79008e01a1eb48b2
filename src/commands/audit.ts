/**
 * The command `audit`: archives or removes old entries of the audit trail. Exits with 0 on success,
 * 1 on failure, 2 on wrong usage.
 */

import { parseCommandConfig } from '../config/config.ts';
import { openDatabase } from '../database/open-database.ts';
import { createLog } from '../observability/log.ts';
import { openArchive } from './audit/archive-file.ts';
import { type AuditCommand, HELP, parseArguments, UsageError } from './audit/arguments.ts';
import { removeOldEntries } from './audit/remove-old-entries.ts';
import { describeFailure } from './describe-failure.ts';
import { exitOnLostOutput, exitOnSignal } from './process-events.ts';

exitOnSignal();
exitOnLostOutput();

try {
  process.stdout.write(`${await run(parseArguments(process.argv.slice(2), new Date()))}\n`);
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`audit: ${isUsage ? `${error.message}\nTry --help.` : describeFailure(error)}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

async function run(command: AuditCommand): Promise<string> {
  if (command.kind === 'help') return HELP.trimEnd();
  const { database: config } = parseCommandConfig(process.env);
  const database = await openDatabase({ ...config, migrateOnStart: false }, createLog('fatal'));
  const { before, file } = command;
  const archive = file === undefined ? undefined : openArchive(file);
  try {
    await database.ensureSchema();
    const removed = await removeOldEntries(database.trail, before, archive?.add);
    const what = `removed ${removed} entries from before ${before.toISOString()}`;
    return removed === 0 || file === undefined ? what : `${what}; they are in ${file}`;
  } finally {
    archive?.close();
    await database.close();
  }
}
