/**
 * Decides whether a deployment fails or is complete: counts failed tasks, checks alarms.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
 */

import type { Driver } from './driver.ts';
import type { Rollouts } from './rollouts.ts';
import type { ServiceSettings } from './service-settings.ts';
import type { ServiceTasks } from './service-tasks.ts';
import type { Task, TaskBoard } from './task-board.ts';

export interface DeploymentJudge {
  /** Counts failed tasks, and stops unhealthy ones after their grace period. */
  stopUnhealthy(): void;
  /** Applies the circuit breaker and the alarms. */
  failWhereDue(desired: number): void;
  completeWhereDone(desired: number): void;
}

/** How many failed tasks open the circuit breaker. */
const thresholdOf = (desired: number) => Math.min(200, Math.max(3, Math.ceil(desired / 2)));

/** @param second in milliseconds. */
export function createDeploymentJudge(
  settings: ServiceSettings,
  board: TaskBoard,
  driver: Driver,
  rollouts: Rollouts,
  tasks: ServiceTasks,
  second: number,
): DeploymentJudge {
  const { alarms } = settings.deployment;
  /** Whether an alarm fired when a deployment started: then ECS ignores all of them during it. */
  const unguarded = new Map<string, boolean>();
  const firing = () => driver.firingAlarms().filter((alarm) => alarms.alarmNames.includes(alarm));

  function countOnce(task: Task, rollout: { failedTasks: number }): void {
    if (task.state !== 'STOPPED' || task.isCounted) return;
    task.isCounted = true;
    if (task.stoppedBy !== 'itself') return;
    rollout.failedTasks += 1;
    rollouts.addEvent(`has a stopped task ${task.id}: ${task.reason}`);
  }

  function stopIfUnhealthy(task: Task): void {
    if (task.state !== 'RUNNING') return;
    const age = (Date.now() - task.runningSince) / second;
    if (age < settings.healthCheckGracePeriod) return;
    if (board.targetState(task) !== 'unhealthy') return;
    board.stop(task, `Task failed ELB health checks in (target-group ${settings.targetGroupArn})`, 'itself');
  }

  return {
    stopUnhealthy() {
      for (const task of board.tasks) {
        const rollout = [rollouts.primary, ...rollouts.older].find(({ id }) => id === task.owner);
        if (rollout === undefined) continue;
        countOnce(task, rollout);
        stopIfUnhealthy(task);
      }
    },

    failWhereDue(desired) {
      const { primary } = rollouts;
      if (!unguarded.has(primary.id)) unguarded.set(primary.id, firing().length > 0);
      // A rollback is not rolled back.
      if (primary.state !== 'IN_PROGRESS' || primary.rollbackOf !== undefined) return;
      if (primary.failedTasks >= thresholdOf(desired)) {
        return rollouts.fail(
          'ECS deployment circuit breaker: tasks failed to start.',
          'ECS deployment circuit breaker',
        );
      }
      if (!tasks.of(primary).some(({ state }) => state === 'RUNNING')) return;
      if (firing().length === 0 || unguarded.get(primary.id)) return;
      rollouts.fail(
        `ECS deployment failed: alarm detected (${firing().join(', ')}).`,
        'ECS deployment alarm',
      );
    },

    completeWhereDone(desired) {
      const { primary, older } = rollouts;
      if (primary.state !== 'IN_PROGRESS' || older.length > 0) return;
      if (tasks.healthyOf(primary).length < desired) return;
      primary.settled ??= Date.now();
      const bake = primary.rollbackOf === undefined ? settings.bakeTime : 0;
      if (Date.now() - primary.settled >= bake * second) rollouts.complete();
    },
  };
}
