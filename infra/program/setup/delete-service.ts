/** Deletes the ECS service before its stacks. */

import { DeleteServiceCommand, DescribeTasksCommand, paginateListTasks } from '@aws-sdk/client-ecs';
import type { Context } from '../core/context.ts';
import { findActiveService } from '../release/service.ts';

/** Ends all tasks and deletes the service, if there is one. Waits for the tasks also after an interrupted run. */
export async function deleteService(context: Context): Promise<void> {
  const { aws, prefix, pause, terminal } = context;
  if ((await findActiveService(aws, prefix)) !== undefined) {
    terminal.print(`Deleting the service ${prefix} and its tasks`);
    await aws.ecs.send(new DeleteServiceCommand({ cluster: prefix, service: prefix, force: true }));
  }
  // ECS deletes no cluster in which a task still runs.
  while (await hasTasks(context)) await pause();
}

async function hasTasks({ aws, prefix: cluster }: Context): Promise<boolean> {
  // A task that has to stop is listed as STOPPED while it still runs.
  for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
    const pages = paginateListTasks({ client: aws.ecs }, { cluster, desiredStatus });
    try {
      for await (const { taskArns = [] } of pages) {
        if (taskArns.length === 0) continue;
        const { tasks = [] } = await aws.ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
        if (tasks.some(({ lastStatus }) => lastStatus !== 'STOPPED')) return true;
      }
    } catch (error) {
      if ((error as Error).name !== 'ClusterNotFoundException') throw error;
    }
  }
  return false;
}
