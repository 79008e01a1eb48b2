/** `wait`: watches the deployment that is under way to its end, whoever began it. */

import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { findService } from './service.ts';
import { newestOf, watch } from './watch.ts';

/** Throws {@link Failure} `rolledBack` or `timedOut` when it does not end well. */
export async function wait(context: Context, patience: number): Promise<void> {
  const service = await findService(context);
  const deployment = newestOf(service);
  if (deployment === undefined) throw new Failure('refused', 'there is no deployment');
  const outcome = await watch(context, deployment, patience);
  if (outcome.is === 'timedOut')
    throw new Failure('timedOut', `it is not finished after ${patience} minutes; it goes on`);
  if (outcome.is !== 'live') throw new Failure('rolledBack', `it is not live: ${outcome.reason}`);
  context.terminal.say(`${deployment.taskDefinition.split('/').at(-1)} is live`);
  context.terminal.result({ result: 'live', taskDefinition: deployment.taskDefinition });
}
