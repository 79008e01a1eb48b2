/**
 * `run -- COMMAND`: runs a command of the live image in a task of its own, with the service's
 * permissions.
 */

import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { runOneOff } from './one-off-task.ts';
import { findService } from './service.ts';

/** Throws {@link Failure} `usage`, and what {@link runLive} throws. */
export async function run(
  context: Context,
  command: readonly string[],
  timeoutMinutes: number,
): Promise<void> {
  if (command.length === 0)
    throw new Failure('usage', 'no command was given', 'For example: infra/aws-deploy.sh run -- inspect');
  // Options may stand before the word.
  const printing = command.find((word) => word === 'create' || word === 'generate');
  if (command[0] === 'keys' && printing !== undefined)
    throw new Failure(
      'usage',
      `run -- keys ${printing} would write the API key to the log`,
      'Use this instead: infra/aws-deploy.sh keys create',
    );
  const { terminal } = context;
  const lines = await runLive(context, command, timeoutMinutes);
  for (const line of lines) terminal.print(line);
  terminal.result({ exitCode: 0, lines });
}

/**
 * Returns what the task logged. Throws {@link Failure} `refused` before the first release, and
 * `taskFailed`, after printing the log, when the exit code is not 0.
 */
export async function runLive(
  context: Context,
  command: readonly string[],
  timeoutMinutes: number,
): Promise<readonly string[]> {
  const { taskDefinition = '' } = await findService(context);
  const { exitCode, lines, reason } = await runOneOff(context, { taskDefinition, command, timeoutMinutes });
  if (exitCode === 0) return lines;
  for (const line of lines) context.terminal.print(line);
  throw new Failure(
    'taskFailed',
    `the task exited with ${exitCode === undefined ? 'no exit code' : `code ${exitCode}`}: ${reason}`,
  );
}
