/**
 * Runs a task that does one thing and exits, in the service's network, so that it reaches the
 * database.
 */

import { DescribeTasksCommand, RunTaskCommand, type Task } from '@aws-sdk/client-ecs';
import { IMAGE } from '../../platform/contract.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { readServiceDefinition } from './definitions.ts';
import { readLogLines } from './log-lines.ts';
import { networkOf } from './service.ts';

/** How many more times to look for the lines of a task that seems to have logged nothing. */
const POLLS_FOR_LINES = 5;

export interface OneOffTask {
  /** ARN or `family:revision`. */
  readonly taskDefinition: string;
  /** Replaces the image's command. */
  readonly command?: readonly string[];
  /** Added to the task definition's variables, or replaces them. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How long to wait; the task continues afterwards. */
  readonly timeoutMinutes: number;
  /** What to do when the time is over. */
  readonly afterTimeout?: string;
}

export interface TaskResult {
  readonly id: string;
  /** Undefined when no container started. */
  readonly exitCode: number | undefined;
  /** Why it stopped, as ECS words it. */
  readonly reason: string;
  /** What it logged. */
  readonly lines: readonly string[];
}

/**
 * Throws {@link Failure} `refused` when ECS does not start it, `timedOut` when it does not exit in
 * time.
 */
export async function runOneOff(context: Context, job: OneOffTask): Promise<TaskResult> {
  const { aws, prefix } = context;
  const definition = await readServiceDefinition(context);
  const { tasks = [], failures = [] } = await aws.ecs.send(
    new RunTaskCommand({
      cluster: prefix,
      taskDefinition: job.taskDefinition,
      launchType: 'FARGATE',
      count: 1,
      networkConfiguration: networkOf(definition),
      startedBy: 'aws-deploy.sh',
      overrides: {
        containerOverrides: [
          {
            name: IMAGE.container,
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
    throw new Failure('refused', `ECS did not start the task: ${reasons.join(', ')}`);
  }
  const end = performance.now() + job.timeoutMinutes * 60_000;
  for (;;) {
    const { tasks: [task] = [] } = await aws.ecs.send(
      new DescribeTasksCommand({ cluster: prefix, tasks: [arn] }),
    );
    if (task?.lastStatus === 'STOPPED') return await resultOf(context, task);
    if (performance.now() > end) {
      throw new Failure(
        'timedOut',
        `the task ${arn} has not exited within ${job.timeoutMinutes} minutes, and continues`,
        job.afterTimeout,
      );
    }
    await context.pause();
  }
}

/** CloudWatch lists lines some seconds after the task has written them. */
async function readAllLines(context: Context, id: string): Promise<string[]> {
  for (let attempt = 1; ; attempt += 1) {
    const lines = await readLogLines(context, id);
    if (lines.length > 0 || attempt > POLLS_FOR_LINES) return lines;
    await context.pause();
  }
}

async function resultOf(context: Context, task: Task): Promise<TaskResult> {
  const id = task.taskArn?.split('/').at(-1) ?? '';
  const [container] = task.containers ?? [];
  return {
    id,
    exitCode: container?.exitCode,
    reason: [task.stoppedReason, container?.reason].filter(Boolean).join('; '),
    lines: await readAllLines(context, id),
  };
}
