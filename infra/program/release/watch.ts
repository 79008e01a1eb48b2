/**
 * Watches one ECS deployment, by its id, until it succeeds or fails. "The service is stable" or
 * "the newest deployment is complete" would also be true after a rollback.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
 */

import { type Deployment, DescribeServiceDeploymentsCommand, type Service } from '@aws-sdk/client-ecs';
import type { Context } from '../core/context.ts';
import { findService } from './service.ts';

export type Outcome =
  /** All tasks are of this deployment; the old ones have stopped. */
  | { readonly is: 'live' }
  /** ECS rolled it back; `isBack` says whether the rollback is complete. */
  | { readonly is: 'rolledBack'; readonly reason: string; readonly isBack: boolean }
  /** ECS stopped it, and there was no earlier deployment to go back to. */
  | { readonly is: 'failed'; readonly reason: string }
  /** Another deployment replaced it, which is not a rollback. */
  | { readonly is: 'superseded'; readonly reason: string }
  | { readonly is: 'timedOut' };

export interface Watched {
  /** `ecs-svc/…` */
  readonly id: string;
  /** The ARN of the revision that it should make live. */
  readonly taskDefinition: string;
}

/** The newest deployment of a service; undefined when it has none. */
export function newestOf({ deployments = [] }: Service): Watched | undefined {
  const primary = deployments.find(({ status }) => status === 'PRIMARY');
  if (primary?.id === undefined || primary.taskDefinition === undefined) return undefined;
  return { id: primary.id, taskDefinition: primary.taskDefinition };
}

/** How many polls to wait after a failure for ECS to start a rollback. */
const POLLS_AFTER_FAILURE = 10;

export async function watch(
  context: Context,
  { id, taskDefinition }: Watched,
  timeoutMinutes: number,
): Promise<Outcome> {
  const end = performance.now() + timeoutMinutes * 60_000;
  const shown = { line: '', since: new Date() };
  let failure: string | undefined;
  /** The ARN of ECS's record of our deployment. */
  let record: string | undefined;
  let pollsAfterFailure = 0;
  for (;;) {
    const service = await findService(context);
    const { deployments = [] } = service;
    showProgress(context, service, shown);
    const ours = deployments.find((deployment) => deployment.id === id);
    const primary = deployments.find(({ status }) => status === 'PRIMARY');
    // The rollback is part of the same record.
    if (primary?.id === id || record === undefined) record = service.currentServiceDeployment;
    if (ours?.rolloutState === 'FAILED') failure ??= ours.rolloutStateReason ?? 'ECS gave no reason';
    if (failure === undefined && primary?.id === id && primary.rolloutState === 'COMPLETED') {
      // A complete deployment of another revision does not make ours live.
      return service.taskDefinition === taskDefinition
        ? { is: 'live' }
        : { is: 'superseded', reason: `the service runs ${service.taskDefinition}` };
    }
    if (failure !== undefined && primary?.id === id) {
      pollsAfterFailure += 1;
      if (pollsAfterFailure > POLLS_AFTER_FAILURE) return { is: 'failed', reason: failure };
    }
    if (primary !== undefined && primary.id !== id) {
      failure ??= (await readRollback(context, record)) ?? rollbackReason(primary);
      if (failure === undefined)
        return { is: 'superseded', reason: `the deployment ${primary.id} replaced it` };
      if (primary.rolloutState === 'COMPLETED') return { is: 'rolledBack', reason: failure, isBack: true };
    }
    if (performance.now() > end) {
      return failure === undefined
        ? { is: 'timedOut' }
        : { is: 'rolledBack', reason: failure, isBack: false };
    }
    await context.pause();
  }
}

/**
 * Why ECS rolled a deployment back; undefined when it did not, or there is no record.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
 *
 * @param arn the service's `currentServiceDeployment`.
 */
async function readRollback({ aws }: Context, arn: string | undefined): Promise<string | undefined> {
  if (arn === undefined) return undefined;
  const { serviceDeployments: [record] = [] } = await aws.ecs.send(
    new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }),
  );
  if (!record?.status?.startsWith('ROLLBACK')) return undefined;
  return record.statusReason || record.rollback?.reason || record.status;
}

/** ECS gives the reason in the deployment that does the rollback. */
function rollbackReason({ rolloutStateReason = '' }: Deployment): string | undefined {
  return /roll(ing|ed)? ?back/i.test(rolloutStateReason) ? rolloutStateReason : undefined;
}

/** Prints what is new since the last poll: progress of the deployments and ECS's events. */
function showProgress({ terminal }: Context, service: Service, shown: { line: string; since: Date }): void {
  const { deployments = [], events = [] } = service;
  const line = deployments
    .map(
      ({ taskDefinition = '', runningCount, desiredCount, failedTasks = 0, rolloutState = '' }) =>
        `${taskDefinition.split('/').at(-1)} ${runningCount}/${desiredCount} ${rolloutState}${failedTasks > 0 ? `, ${failedTasks} failed` : ''}`,
    )
    .join(' | ');
  if (line !== shown.line) terminal.print(`  ${new Date().toISOString().slice(11, 19)}  ${line}`);
  shown.line = line;
  const fresh = events.filter(({ createdAt }) => createdAt !== undefined && createdAt > shown.since);
  for (const { createdAt, message } of fresh.toReversed()) {
    terminal.print(`  ${createdAt?.toISOString().slice(11, 19)}  ${message}`);
  }
  shown.since = fresh[0]?.createdAt ?? shown.since;
}
