/** `run -- COMMAND`: a task of the live image that does one thing, where the service runs and with its user's rights. */

import type { Context } from '../command/context.ts';
import { Failure } from '../command/exit-codes.ts';
import { runOneOff } from './one-off-task.ts';
import { findService } from './service.ts';

/** Throws {@link Failure} `taskFailed` when it ends with another code than 0. */
export async function run(context: Context, command: readonly string[], patience: number): Promise<void> {
  if (command.length === 0)
    throw new Failure('usage', 'there is no command', 'infra/aws-deploy.sh run -- inspect');
  const { taskDefinition = '', desiredCount } = await findService(context);
  if (desiredCount === 0) throw new Failure('refused', 'nothing is live yet');
  const { exitCode, id, lines, reason } = await runOneOff(context, { taskDefinition, command, patience });
  for (const line of lines) context.terminal.say(line);
  context.terminal.result({ task: id, exitCode: exitCode ?? null, lines });
  if (exitCode !== 0)
    throw new Failure('taskFailed', `the task ended with ${exitCode ?? 'no exit code'}: ${reason}`);
}
