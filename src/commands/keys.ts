/**
 * The command `keys`: creates, lists and revokes API keys. Exits with 0 on success, 1 on failure, 2
 * on wrong usage.
 */

import { parseCommandConfig } from '../config/config.ts';
import { openDatabase } from '../database/open-database.ts';
import { createLog } from '../observability/log.ts';
import { describeFailure } from './describe-failure.ts';
import { type KeysCommand, parseArguments } from './keys/arguments.ts';
import { HELP } from './keys/help.ts';
import { type Output, runGenerate, runKeysCommand } from './keys/run-keys-command.ts';
import { exitOnLostOutput, exitOnSignal } from './process-events.ts';
import { UsageError } from './usage-error.ts';
import { withTimeToConnect } from './with-time-to-connect.ts';

exitOnSignal();
exitOnLostOutput();

try {
  const { result, note } = await run(parseArguments(process.argv.slice(2)));
  process.stdout.write(result.map((line) => `${line}\n`).join(''));
  if (note !== undefined) process.stderr.write(`${note}\n`);
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(isUsage ? `keys: ${error.message}\nTry --help.\n` : `${describeFailure(error)}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

async function run(command: KeysCommand): Promise<Output> {
  if (command.kind === 'help') return { result: [HELP.trimEnd()] };
  if (command.kind === 'generate') return runGenerate();
  const { database: config } = parseCommandConfig(process.env);
  const database = await openDatabase(config, createLog('fatal'));
  try {
    await withTimeToConnect(database.ensureSchema);
    return await runKeysCommand(command, database.keys);
  } finally {
    await database.close();
  }
}
