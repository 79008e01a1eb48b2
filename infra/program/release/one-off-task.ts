/** A task that does one thing and ends: where the service runs, with its network, so that it reaches the database. */

import { DescribeTasksCommand, RunTaskCommand, type Task } from '@aws-sdk/client-ecs';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { linesOf } from './log-lines.ts';
import { findService } from './service.ts';

export interface OneOffTask {
  /** ARN or `family:revision`. */
  readonly taskDefinition: string;
  /** Instead of the image's own. */
  readonly command?: readonly string[];
  /** Beside, or instead of, the task definition's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Minutes until it is given up; it goes on then. */
  readonly patience: number;
}

export interface Ended {
  readonly id: string;
  /** Undefined when no container ever ran. */
  readonly exitCode: number | undefined;
  /** Why it stopped, in ECS's words. */
  readonly reason: string;
  /** What it printed. */
  readonly lines: readonly string[];
}

/** Throws {@link Failure} `refused` when ECS does not start it, `timedOut` when it does not end. */
export async function runOneOff(context: Context, job: OneOffTask): Promise<Ended> {
  const { aws, prefix } = context;
  const { networkConfiguration } = await findService(context);
  const { tasks = [], failures = [] } = await aws.ecs.send(
    new RunTaskCommand({
      cluster: prefix,
      taskDefinition: job.taskDefinition,
      launchType: 'FARGATE',
      count: 1,
      networkConfiguration,
      startedBy: 'aws-deploy.sh',
      propagateTags: 'TASK_DEFINITION',
      overrides: {
        containerOverrides: [
          {
            name: 'api',
            ...(job.command && { command: [...job.command] }),
            environment: Object.entries(job.environment ?? {}).map(([name, value]) => ({ name, value })),
          },
        ],
      },
    }),
  );
  const arn = tasks[0]?.taskArn;
  if (arn === undefined) {
    const reasons = failures.map(({ reason = '?', detail = '' }) => `${reason} ${detail}`.trim());
    throw new Failure('refused', `ECS does not start the task: ${reasons.join(', ')}`);
  }
  const end = performance.now() + job.patience * 60_000;
  for (;;) {
    const { tasks: [task] = [] } = await aws.ecs.send(
      new DescribeTasksCommand({ cluster: prefix, tasks: [arn] }),
    );
    if (task?.lastStatus === 'STOPPED') return await ended(context, task);
    if (performance.now() > end) {
      throw new Failure('timedOut', `the task ${arn} has not ended in ${job.patience} minutes; it goes on`);
    }
    await context.pause();
  }
}

async function ended(context: Context, task: Task): Promise<Ended> {
  const id = task.taskArn?.split('/').at(-1) ?? '';
  const [container] = task.containers ?? [];
  return {
    id,
    exitCode: container?.exitCode,
    reason: [task.stoppedReason, container?.reason].filter(Boolean).join('; '),
    lines: await linesOf(context, id),
  };
}
