/** Deletes the ECS service before its stacks. */

import { DeleteServiceCommand, ListTasksCommand } from '@aws-sdk/client-ecs';
import type { Context } from '../core/context.ts';
import { findActiveService } from '../release/service.ts';

/** Ends all tasks and deletes the service, if there is one. */
export async function deleteService({ aws, prefix, pause, terminal }: Context): Promise<void> {
  if ((await findActiveService(aws, prefix)) === undefined) return;
  terminal.print(`Deleting the service ${prefix} and its tasks`);
  await aws.ecs.send(new DeleteServiceCommand({ cluster: prefix, service: prefix, force: true }));
  for (;;) {
    const { taskArns = [] } = await aws.ecs.send(new ListTasksCommand({ cluster: prefix }));
    if (taskArns.length === 0) return;
    await pause();
  }
}
