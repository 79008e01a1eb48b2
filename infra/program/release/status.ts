/** `status`: shows the live image, the number of tasks, and deployments in progress. */

import type { Service } from '@aws-sdk/client-ecs';
import type { Context } from '../core/context.ts';
import { readServiceDefinition } from './definitions.ts';
import { type Release, readLedger } from './ledger.ts';
import { readScaling } from './scaling.ts';
import { findActiveService } from './service.ts';
import { readImage } from './task-definitions.ts';

export async function status(context: Context): Promise<void> {
  const { aws, name, prefix, terminal } = context;
  const service = (await findActiveService(aws, prefix)) ?? (await beforeFirstRelease(context));
  const { tag, digest } =
    service.taskDefinition === undefined ? {} : await readImage(context, service.taskDefinition);
  const scaling = await readScaling(context);
  const [last] = await readLedger(context);
  const deployments = (service.deployments ?? []).map(
    ({
      id,
      taskDefinition = '',
      rolloutState,
      rolloutStateReason,
      runningCount,
      desiredCount,
      failedTasks,
    }) => ({
      id,
      taskDefinition: taskDefinition.split('/').at(-1),
      state: rolloutState,
      reason: rolloutStateReason,
      running: runningCount,
      desired: desiredCount,
      failed: failedTasks,
    }),
  );
  const state = {
    environment: name,
    tag: tag ?? null,
    digest: digest ?? null,
    running: service.runningCount ?? 0,
    desired: service.desiredCount ?? 0,
    min: scaling?.MinCapacity ?? null,
    max: scaling?.MaxCapacity ?? null,
    deployments,
    last: last ?? null,
  };
  terminal.table([
    ['environment', name],
    ['live', digest === undefined ? 'no image yet' : `${tag ?? 'no tag'} (${digest})`],
    [
      'tasks',
      `${state.running} of ${state.desired} run; autoscaling between ${state.min ?? '?'} and ${state.max ?? '?'}`,
    ],
    ...deployments.map(({ id, taskDefinition, state: rollout, running, desired, reason }) => [
      'deployment',
      `${id} ${taskDefinition} ${running}/${desired} ${rollout}: ${reason ?? ''}`,
    ]),
    ['last release', last === undefined ? 'none' : describe(last)],
  ]);
  terminal.result(state);
}

/** When it ended decides whether it may be the cause of a problem. */
function describe({ kind, tag, startedAt, seconds, result }: Release): string {
  if (result === 'started') return `${kind} ${tag}: started ${startedAt}`;
  const ended = new Date(Date.parse(startedAt) + seconds * 1000).toISOString();
  return `${kind} ${tag}: ${result}, ended ${ended}`;
}

/** Throws a failure `refused` before `setup`. */
async function beforeFirstRelease(context: Context): Promise<Service> {
  await readServiceDefinition(context);
  return {};
}
