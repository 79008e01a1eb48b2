/** `run -- COMMAND`: a task of the live image that does one thing, where the service runs and with its user's rights. */

import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { runOneOff } from './one-off-task.ts';
import { findService } from './service.ts';
import { imageOf, readTaskDefinition } from './task-definitions.ts';

/** Throws {@link Failure} `usage`, and what {@link runLive} throws. */
export async function run(context: Context, command: readonly string[], patience: number): Promise<void> {
  if (command.length === 0)
    throw new Failure('usage', 'there is no command', 'infra/aws-deploy.sh run -- inspect');
  const { terminal } = context;
  const lines = await runLive(context, command, patience);
  for (const line of lines) terminal.say(line);
  terminal.result({ exitCode: 0, lines });
}

/**
 * Answers what the task has printed. Throws {@link Failure} `refused` before the first release, and `taskFailed` when it ends with another
 * code than 0; what it printed has been said then.
 */
export async function runLive(
  context: Context,
  command: readonly string[],
  patience: number,
): Promise<readonly string[]> {
  const { taskDefinition = '' } = await findService(context);
  // A service that was scaled to no task has an image all the same.
  if (imageOf(await readTaskDefinition(context, taskDefinition)).digest === undefined)
    throw new Failure('refused', 'nothing was released yet', 'Release an image first: docs/deploy/aws.md');
  const { exitCode, lines, reason } = await runOneOff(context, { taskDefinition, command, patience });
  if (exitCode === 0) return lines;
  for (const line of lines) context.terminal.say(line);
  throw new Failure('taskFailed', `the task ended with ${exitCode ?? 'no exit code'}: ${reason}`);
}
