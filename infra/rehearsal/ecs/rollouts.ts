/**
 * The deployments of a service: the newest, older ones that still have tasks, and the result of
 * each.
 */

import { randomInt } from 'node:crypto';
import type { TaskDefinition } from '@aws-sdk/client-ecs';

export interface Rollout {
  readonly id: string;
  readonly definition: TaskDefinition;
  readonly startedAt: Date;
  state: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  reason: string;
  /** As `DescribeServiceDeployments` reports it. */
  serviceDeployment: { status: string; reason: string };
  failedTasks: number;
  /** The deployment that this one rolls back. */
  readonly rollbackOf?: Rollout;
  /** When the last old task had stopped. */
  settled?: number;
}

export interface Rollouts {
  /** The newest. */
  readonly primary: Rollout;
  /** Older ones that still have tasks, newest first. */
  readonly older: readonly Rollout[];
  /** ECS's events, newest first. */
  readonly events: readonly { readonly createdAt: Date; readonly message: string }[];
  addEvent(text: string): void;
  start(definition: TaskDefinition): void;
  /**
   * Fails the newest, and rolls back to the last complete one. @param cause what the rollback
   * reports.
   */
  fail(reason: string, cause: string): void;
  /** Marks the newest as complete. */
  complete(): void;
  /** Forgets older ones without tasks. */
  dropStopped(hasTasks: (rollout: Rollout) => boolean): void;
  find(id: string): Rollout | undefined;
}

/** @param initial what the service is created with. */
export function createRollouts(serviceName: string, initial: TaskDefinition): Rollouts {
  let primary = newRollout(initial);
  let older: Rollout[] = [];
  let lastCompleted: Rollout | undefined;
  const all = new Map([[primary.id, primary]]);
  const events: { createdAt: Date; message: string }[] = [];

  const addEvent = (text: string) =>
    void events.unshift({ createdAt: new Date(), message: `(service ${serviceName}) ${text}.` });

  function replace(rollout: Rollout): void {
    older = [primary, ...older];
    if (primary.state === 'IN_PROGRESS')
      primary.serviceDeployment = { status: 'STOPPED', reason: 'Another deployment replaced it.' };
    primary = rollout;
    all.set(rollout.id, rollout);
    addEvent(`has started the deployment ${rollout.id}`);
  }

  return {
    get primary() {
      return primary;
    },
    get older() {
      return older;
    },
    events,
    addEvent,
    start: (definition) => replace(newRollout(definition)),
    fail(reason, cause) {
      const failed = primary;
      failed.state = 'FAILED';
      failed.reason = reason;
      failed.serviceDeployment = { status: 'STOPPED', reason };
      addEvent(`deployment ${failed.id} failed: ${reason.replace(/\.$/, '')}`);
      if (lastCompleted === undefined) return;
      failed.serviceDeployment = { status: 'ROLLBACK_IN_PROGRESS', reason };
      const rollback = newRollout(lastCompleted.definition, failed);
      rollback.reason = `${cause}: rolling back to deploymentId ${lastCompleted.id}.`;
      replace(rollback);
    },
    complete() {
      primary.state = 'COMPLETED';
      primary.reason = `ECS deployment ${primary.id} completed.`;
      primary.serviceDeployment = { status: 'SUCCESSFUL', reason: '' };
      if (primary.rollbackOf !== undefined)
        primary.rollbackOf.serviceDeployment = {
          status: 'ROLLBACK_SUCCESSFUL',
          reason: primary.rollbackOf.serviceDeployment.reason,
        };
      lastCompleted = primary;
      addEvent('has reached a steady state');
    },
    dropStopped(hasTasks) {
      older = older.filter(hasTasks);
    },
    find: (id) => all.get(id),
  };
}

function newRollout(definition: TaskDefinition, rollbackOf?: Rollout): Rollout {
  const id = `ecs-svc/${String(randomInt(2 ** 47)).padStart(19, '1')}`;
  return {
    id,
    definition,
    startedAt: new Date(),
    state: 'IN_PROGRESS',
    reason: `ECS deployment ${id} in progress.`,
    serviceDeployment: { status: 'IN_PROGRESS', reason: '' },
    failedTasks: 0,
    ...(rollbackOf && { rollbackOf }),
  };
}
