/**
 * The deployments of a service: the newest, older ones that still have tasks, and the result of
 * each.
 */

import { randomInt } from 'node:crypto';
import type { ServiceDeployment, TaskDefinition } from '@aws-sdk/client-ecs';
import { arn } from './local-platform.ts';

export interface Rollout {
  readonly id: string;
  readonly definition: TaskDefinition;
  readonly startedAt: Date;
  state: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  reason: string;
  /** What remains of it, as `DescribeServiceDeployments` reports it. */
  readonly record: ServiceDeployment;
  failedTasks: number;
  /** The deployment that this one rolls back. */
  readonly rollbackOf: Rollout | undefined;
  /** Whether an alarm fired when it started: then ECS ignores all of them during it. */
  ignoresAlarms?: boolean;
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
  /** @param serviceDeploymentArn of a deployment, which may have ended. */
  findRecord(serviceDeploymentArn: string): ServiceDeployment | undefined;
}

/** @param initial what the service is created with. */
export function createRollouts(serviceName: string, initial: TaskDefinition): Rollouts {
  let primary = newRollout(initial, undefined);
  let older: Rollout[] = [];
  let lastCompleted: Rollout | undefined;
  const records = [primary.record];
  const events: { createdAt: Date; message: string }[] = [];

  const addEvent = (text: string) =>
    void events.unshift({ createdAt: new Date(), message: `(service ${serviceName}) ${text}.` });

  function replace(rollout: Rollout): void {
    older = [primary, ...older];
    if (primary.state === 'IN_PROGRESS')
      Object.assign(primary.record, { status: 'STOPPED', statusReason: 'Another deployment replaced it.' });
    primary = rollout;
    records.push(rollout.record);
    addEvent(`has started the deployment ${rollout.id}`);
  }

  function newRollout(definition: TaskDefinition, rollbackOf: Rollout | undefined): Rollout {
    const number = String(randomInt(2 ** 47)).padStart(19, '1');
    const id = `ecs-svc/${number}`;
    return {
      id,
      definition,
      startedAt: new Date(),
      state: 'IN_PROGRESS',
      reason: `ECS deployment ${id} in progress.`,
      record: {
        serviceDeploymentArn: arn('ecs', `service-deployment/${serviceName}/${serviceName}/${number}`),
        status: 'IN_PROGRESS',
      },
      failedTasks: 0,
      rollbackOf,
    };
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
    start: (definition) => replace(newRollout(definition, undefined)),
    fail(reason, cause) {
      const failed = primary;
      failed.state = 'FAILED';
      failed.reason = reason;
      Object.assign(failed.record, { status: 'STOPPED', statusReason: reason });
      addEvent(`deployment ${failed.id} failed: ${reason.replace(/\.$/, '')}`);
      if (lastCompleted === undefined) return;
      failed.record.status = 'ROLLBACK_IN_PROGRESS';
      const rollback = newRollout(lastCompleted.definition, failed);
      rollback.reason = `${cause}: rolling back to deploymentId ${lastCompleted.id}.`;
      replace(rollback);
    },
    complete() {
      primary.state = 'COMPLETED';
      primary.reason = `ECS deployment ${primary.id} completed.`;
      primary.record.status = 'SUCCESSFUL';
      if (primary.rollbackOf !== undefined) primary.rollbackOf.record.status = 'ROLLBACK_SUCCESSFUL';
      lastCompleted = primary;
      addEvent('has reached a steady state');
    },
    dropStopped(hasTasks) {
      older = older.filter(hasTasks);
    },
    findRecord: (wanted) => records.find(({ serviceDeploymentArn }) => serviceDeploymentArn === wanted),
  };
}
