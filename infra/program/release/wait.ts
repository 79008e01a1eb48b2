/** `wait`: waits until the deployment in progress has ended, even if somebody else started it. */

import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { recordLive } from './ledger.ts';
import { findService } from './service.ts';
import { readImage } from './task-definitions.ts';
import { newestOf, watch } from './watch.ts';

/** Throws {@link Failure} `rolledBack` or `timedOut` when it does not succeed. */
export async function wait(context: Context, timeoutMinutes: number): Promise<void> {
  const service = await findService(context);
  const deployment = newestOf(service);
  if (deployment === undefined) throw new Failure('refused', 'the service has no deployment');
  const outcome = await watch(context, deployment, timeoutMinutes);
  if (outcome.is === 'timedOut')
    throw new Failure(
      'timedOut',
      `the deployment has not finished within ${timeoutMinutes} minutes, and continues`,
    );
  if (outcome.is !== 'live') throw new Failure('rolledBack', `the deployment failed: ${outcome.reason}`);
  const { digest, tag } = await readImage(context, deployment.taskDefinition);
  await recordLive(context, digest);
  context.terminal.print(`${deployment.taskDefinition.split('/').at(-1)} is live: ${tag ?? digest}`);
  context.terminal.result({ result: 'live', taskDefinition: deployment.taskDefinition });
}
