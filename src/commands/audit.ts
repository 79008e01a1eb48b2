/**
 * The command `audit`: lists, archives or removes entries of the audit trail. Exits with 0 on success,
 * 1 on failure, 2 on wrong usage.
 */

import type { AuditTrail, TrailEntry } from '../cars/audit-trail.ts';
import { parseCommandConfig } from '../config/config.ts';
import { openDatabase } from '../database/open-database.ts';
import { createLog } from '../observability/log.ts';
import { openArchive, toLine } from './audit/archive-file.ts';
import { type AuditCommand, HELP, parseArguments } from './audit/arguments.ts';
import { listEntries } from './audit/list-entries.ts';
import { removeOldEntries } from './audit/remove-old-entries.ts';
import { describeFailure } from './describe-failure.ts';
import { exitOnLostOutput, exitOnSignal } from './process-events.ts';
import { UsageError } from './usage-error.ts';
import { withTimeToConnect } from './with-time-to-connect.ts';

exitOnSignal();
exitOnLostOutput();

try {
  const text = await run(parseArguments(process.argv.slice(2), new Date()));
  if (text !== undefined) process.stdout.write(`${text}\n`);
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`audit: ${isUsage ? `${error.message}\nTry --help.` : describeFailure(error)}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

/** @returns what to print at the end. */
async function run(command: AuditCommand): Promise<string | undefined> {
  if (command.kind === 'help') return HELP.trimEnd();
  const { database: config } = parseCommandConfig(process.env);
  const database = await openDatabase({ ...config, migrateOnStart: false }, createLog('fatal'));
  try {
    await withTimeToConnect(database.ensureSchema);
    if (command.kind === 'remove') return await remove(database.trail, command.before, command.file);
    const print = (entry: TrailEntry) => process.stdout.write(`${toLine(entry)}\n`);
    const { caller, since } = command;
    const found = await listEntries(database.trail, caller, since, print);
    process.stderr.write(`${found} changes by ${caller} since ${since.toISOString()}\n`);
    return undefined;
  } finally {
    await database.close();
  }
}

async function remove(trail: AuditTrail, before: Date, file: string | undefined): Promise<string> {
  const archive = file === undefined ? undefined : openArchive(file);
  try {
    const removed = await removeOldEntries(trail, before, archive?.add);
    const what = `removed ${removed} entries from before ${before.toISOString()}`;
    return removed === 0 || file === undefined ? what : `${what}; they are in ${file}`;
  } finally {
    archive?.close();
  }
}
