/**
 * Watches a deployment of ECS to its end. ECS itself is asked what became of that one deployment, by its id: that the
 * service is stable, or that the newest deployment is complete, says as much after a rollback.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
 */

import type { Deployment, Service } from '@aws-sdk/client-ecs';
import type { Context } from '../core/context.ts';
import { findService } from './service.ts';
import { readRollback } from './service-deployments.ts';

export type Outcome =
  /** All tasks are of it, and those before it are gone. */
  | { readonly is: 'live' }
  /** ECS gave it up; whether it has finished going back. */
  | { readonly is: 'rolledBack'; readonly reason: string; readonly isBack: boolean }
  /** ECS gave it up, and there was nothing that it could go back to. */
  | { readonly is: 'failed'; readonly reason: string }
  /** Another deployment took its place, which is not a rollback of it. */
  | { readonly is: 'superseded'; readonly reason: string }
  | { readonly is: 'timedOut' };

export interface Watched {
  /** Of the deployment: `ecs-svc/…`. */
  readonly id: string;
  /** Where ECS keeps what became of it. */
  readonly record: string | undefined;
  /** The ARN that it is to bring. */
  readonly taskDefinition: string;
}

/** The deployment that a service is at now; undefined when it has none. */
export function newestOf({ deployments = [], currentServiceDeployment }: Service): Watched | undefined {
  const primary = deployments.find(({ status }) => status === 'PRIMARY');
  if (primary?.id === undefined || primary.taskDefinition === undefined) return undefined;
  return { id: primary.id, record: currentServiceDeployment, taskDefinition: primary.taskDefinition };
}

/** How often a deployment that failed is looked at again before it is taken for certain that ECS does not go back. */
const LOOKS = 10;

/** @param patience minutes. */
export async function watch(
  context: Context,
  { id, record, taskDefinition }: Watched,
  patience: number,
): Promise<Outcome> {
  const end = performance.now() + patience * 60_000;
  const told = { line: '', since: new Date() };
  let failure: string | undefined;
  let looksAfterFailure = 0;
  for (;;) {
    const service = await findService(context);
    const { deployments = [] } = service;
    tell(context, service, told);
    const ours = deployments.find((deployment) => deployment.id === id);
    const primary = deployments.find(({ status }) => status === 'PRIMARY');
    if (ours?.rolloutState === 'FAILED') failure ??= ours.rolloutStateReason ?? 'ECS gives no reason';
    if (failure === undefined && primary?.id === id && primary.rolloutState === 'COMPLETED') {
      // A revision that is not ours would be a lie to call live, whatever its deployment says.
      return service.taskDefinition === taskDefinition
        ? { is: 'live' }
        : { is: 'superseded', reason: `the service runs ${service.taskDefinition}` };
    }
    if (failure !== undefined && primary?.id === id) {
      looksAfterFailure += 1;
      if (looksAfterFailure > LOOKS) return { is: 'failed', reason: failure };
    }
    if (primary !== undefined && primary.id !== id) {
      failure ??= (await readRollback(context, record)) ?? rollbackReason(primary);
      if (failure === undefined) return { is: 'superseded', reason: `by the deployment ${primary.id}` };
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

/** ECS says of the deployment that it goes back with why it is there. */
function rollbackReason({ rolloutStateReason = '' }: Deployment): string | undefined {
  return /roll(ing|ed)? ?back/i.test(rolloutStateReason) ? rolloutStateReason : undefined;
}

/** What is new since the last time: how far the deployments are, and what ECS has noted. */
function tell({ terminal }: Context, service: Service, told: { line: string; since: Date }): void {
  const { deployments = [], events = [] } = service;
  const line = deployments
    .map(
      ({ taskDefinition = '', runningCount, desiredCount, failedTasks = 0, rolloutState = '' }) =>
        `${taskDefinition.split('/').at(-1)} ${runningCount}/${desiredCount} ${rolloutState}${failedTasks > 0 ? `, ${failedTasks} failed` : ''}`,
    )
    .join(' | ');
  if (line !== told.line) terminal.say(`  ${new Date().toISOString().slice(11, 19)}  ${line}`);
  told.line = line;
  const fresh = events.filter(({ createdAt }) => createdAt !== undefined && createdAt > told.since);
  for (const { createdAt, message } of fresh.toReversed()) {
    terminal.say(`  ${createdAt?.toISOString().slice(11, 19)}  ${message}`);
  }
  told.since = fresh[0]?.createdAt ?? told.since;
}
