/** Collects why a release failed: stopped tasks, their last log lines, target health, alarms. */

import { DescribeTasksCommand, ListTasksCommand, type Service, type Task } from '@aws-sdk/client-ecs';
import { DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Context } from '../core/context.ts';
import { readFiringAlarms } from './alarms.ts';
import { readLogLines } from './log-lines.ts';
import { findService } from './service.ts';

/** How many tasks' logs to show, and how many lines of each. */
const SHOWN = { tasks: 2, lines: 15 };

/** If AWS cannot answer one part, its line says so and the others are still shown. */
export async function reportFailure(context: Context, taskDefinition: string): Promise<string[]> {
  const service = findService(context);
  const parts = [
    stoppedTasks(context, taskDefinition),
    service.then((found) => targetHealth(context, found)),
    service.then((found) => alarms(context, found)),
  ];
  const settled = await Promise.allSettled(parts);
  return settled.flatMap((part) =>
    part.status === 'fulfilled' ? part.value : [`(unknown: ${(part.reason as Error).message})`],
  );
}

async function stoppedTasks(context: Context, taskDefinition: string): Promise<string[]> {
  const { aws, prefix } = context;
  const { taskArns = [] } = await aws.ecs.send(
    new ListTasksCommand({ cluster: prefix, serviceName: prefix, desiredStatus: 'STOPPED' }),
  );
  if (taskArns.length === 0) return ['ECS lists no stopped task'];
  const { tasks = [] } = await aws.ecs.send(new DescribeTasksCommand({ cluster: prefix, tasks: taskArns }));
  const ours = tasks.filter((task) => task.taskDefinitionArn === taskDefinition);
  const reasons = new Map<string, number>();
  for (const task of ours) reasons.set(reasonOf(task), (reasons.get(reasonOf(task)) ?? 0) + 1);
  const logs = await Promise.all(
    ours.slice(0, SHOWN.tasks).map(async ({ taskArn = '' }) => {
      const id = taskArn.split('/').at(-1) ?? '';
      const lines = (await readLogLines(context, id)).slice(-SHOWN.lines);
      return lines.length === 0
        ? [`task ${id} logged nothing`]
        : [`last log lines of task ${id}:`, ...lines.map((line) => `    ${line}`)];
    }),
  );
  return [
    ...[...reasons].map(([reason, count]) => `${count} task${count > 1 ? 's' : ''} stopped: ${reason}`),
    ...logs.flat(),
  ];
}

function reasonOf({ stoppedReason = 'no reason given', containers = [] }: Task): string {
  const [container] = containers;
  const details = [
    container?.exitCode === undefined ? undefined : `exit code ${container.exitCode}`,
    container?.reason,
  ].filter((detail) => detail !== undefined);
  return details.length === 0 ? stoppedReason : `${stoppedReason} (${details.join(', ')})`;
}

async function targetHealth({ aws }: Context, { loadBalancers = [] }: Service): Promise<string[]> {
  const TargetGroupArn = loadBalancers[0]?.targetGroupArn;
  if (TargetGroupArn === undefined) return [];
  const { TargetHealthDescriptions = [] } = await aws.loadBalancing.send(
    new DescribeTargetHealthCommand({ TargetGroupArn }),
  );
  return TargetHealthDescriptions.map(({ Target, TargetHealth }) =>
    `target ${Target?.Id}: ${TargetHealth?.State} ${TargetHealth?.Description ?? ''}`.trimEnd(),
  );
}

async function alarms(context: Context, { deploymentConfiguration }: Service): Promise<string[]> {
  const firing = await readFiringAlarms(context, deploymentConfiguration?.alarms?.alarmNames ?? []);
  return firing.map(({ AlarmName, AlarmDescription }) => `alarm ${AlarmName} fired: ${AlarmDescription}`);
}
