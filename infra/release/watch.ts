/**
 * Watches a deployment of ECS to its end. ECS itself is asked what became of that one deployment, by its id: that the
 * service is stable, or that the newest deployment is complete, says as much after a rollback.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
 */

import type { Deployment, Service } from '@aws-sdk/client-ecs';
import type { Context } from '../command/context.ts';
import { findService } from './service.ts';

export type Outcome =
  /** All tasks are of it, and those before it are gone. */
  | { readonly is: 'live' }
  /** ECS gave it up; whether it has finished going back. */
  | { readonly is: 'rolledBack'; readonly reason: string; readonly isBack: boolean }
  /** Another deployment took its place, which is not a rollback of it. */
  | { readonly is: 'superseded'; readonly reason: string }
  | { readonly is: 'timedOut' };

/**
 * @param id of the deployment: `ecs-svc/…`.
 * @param taskDefinition the ARN that it is to bring.
 * @param patience minutes.
 */
export async function watch(
  context: Context,
  id: string,
  taskDefinition: string,
  patience: number,
): Promise<Outcome> {
  const end = performance.now() + patience * 60_000;
  const told = { line: '', since: new Date() };
  let failure: string | undefined;
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
    if (primary !== undefined && primary.id !== id) {
      failure ??= rollbackReason(primary);
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
