/**
 * Whether a deployment goes well: tasks that fail are counted, and it is given up or called complete.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
 */

import type { ServiceSettings } from './local-platform.ts';
import type { Rollouts } from './rollouts.ts';
import type { ServiceTasks } from './service-tasks.ts';
import type { Task, TaskBoard } from './task-board.ts';

export interface RolloutJudge {
  /** Counts what failed, and ends what is up but not well once its grace is over. */
  endUnhealthy(): void;
  /** The circuit breaker and the alarms. */
  giveUpWhereDue(desired: number): void;
  completeWhereDone(desired: number): void;
}

/** How many tasks may fail before the circuit breaker opens. */
const thresholdOf = (desired: number) => Math.min(200, Math.max(3, Math.ceil(desired / 2)));

/** @param second in milliseconds. */
export function createRolloutJudge(
  settings: ServiceSettings,
  board: TaskBoard,
  rollouts: Rollouts,
  tasks: ServiceTasks,
  second: number,
): RolloutJudge {
  const { circuitBreaker, alarms } = settings.deployment;

  function countOnce(task: Task, rollout: { failedTasks: number }): void {
    if (task.state !== 'STOPPED' || task.isCounted) return;
    task.isCounted = true;
    if (task.stoppedBy !== 'itself') return;
    rollout.failedTasks += 1;
    rollouts.say(`has a stopped task ${task.id}: ${task.reason}`);
  }

  function endIfUnhealthy(task: Task): void {
    if (task.state !== 'RUNNING') return;
    const age = (Date.now() - task.runningSince) / second;
    if (age < settings.healthCheckGracePeriod) return;
    if (task.health !== 'UNHEALTHY' && board.targetState(task) !== 'unhealthy') return;
    board.end(
      task,
      task.health === 'UNHEALTHY'
        ? 'Task failed container health checks'
        : `Task failed ELB health checks in (target-group ${settings.targetGroupArn})`,
      'itself',
    );
  }

  return {
    endUnhealthy() {
      for (const task of board.tasks) {
        const rollout = [rollouts.primary, ...rollouts.older].find(({ id }) => id === task.owner);
        if (rollout === undefined) continue;
        countOnce(task, rollout);
        endIfUnhealthy(task);
      }
    },

    giveUpWhereDue(desired) {
      const { primary } = rollouts;
      // One that goes back is not gone back from.
      if (primary.state !== 'IN_PROGRESS' || primary.undoes !== undefined) return;
      if (circuitBreaker.enable && primary.failedTasks >= thresholdOf(desired)) {
        return rollouts.fail('ECS deployment circuit breaker: tasks failed to start.', {
          wanted: circuitBreaker.rollback,
          cause: 'ECS deployment circuit breaker',
        });
      }
      if (!alarms.enable || !tasks.of(primary).some(({ state }) => state === 'RUNNING')) return;
      const ringing = board.ringing().filter((alarm) => alarms.alarmNames.includes(alarm));
      if (ringing.length === 0) return;
      rollouts.fail(`ECS deployment failed: alarm detected (${ringing.join(', ')}).`, {
        wanted: alarms.rollback,
        cause: 'ECS deployment alarm',
      });
    },

    completeWhereDone(desired) {
      const { primary, older } = rollouts;
      if (primary.state !== 'IN_PROGRESS' || older.length > 0) return;
      if (tasks.goodOf(primary).length < desired) return;
      primary.settled ??= Date.now();
      const bake = alarms.enable && primary.undoes === undefined ? settings.bakeTime : 0;
      if (Date.now() - primary.settled >= bake * second) rollouts.complete();
    },
  };
}
