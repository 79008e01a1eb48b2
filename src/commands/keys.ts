/** A process: makes, lists and revokes API keys, and leaves. Exit code 0 when that was done, 1 when it could not be, 2 for wrong usage. */

import { parseCommandConfig } from '../config/config.ts';
import { openDatabase } from '../database/open-database.ts';
import { createLog } from '../observability/log.ts';
import { describeFailure } from './describe-failure.ts';
import { type Answer, answerGenerate, answerRequest } from './keys/answer-request.ts';
import { parseArguments, type Request, UsageError } from './keys/arguments.ts';
import { USAGE } from './keys/usage.ts';

try {
  const { result, note } = await answer(parseArguments(process.argv.slice(2)));
  process.stdout.write(result.map((line) => `${line}\n`).join(''));
  if (note !== undefined) process.stderr.write(`${note}\n`);
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(isUsage ? `keys: ${error.message}\nTry --help.\n` : `${describeFailure(error)}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

async function answer(request: Request): Promise<Answer> {
  if (request.command === 'help') return { result: [USAGE.trimEnd()] };
  if (request.command === 'generate') return answerGenerate();
  const { database: config } = parseCommandConfig(process.env);
  const database = await openDatabase(config, createLog('fatal'));
  try {
    await database.ensureSchema();
    return await answerRequest(request, database.keys);
  } finally {
    await database.close();
  }
}
