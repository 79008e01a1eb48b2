/**
 * Starts and stops the tasks of a service, within the limits of its deployment settings.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 */

import type { Rollout, Rollouts } from './rollouts.ts';
import type { ServiceSettings } from './service-settings.ts';
import { isWanted, type Task, type TaskBoard } from './task-board.ts';

export interface ServiceTasks {
  /** The tasks of the service that have not stopped. */
  all(): Task[];
  /** Those of a deployment. */
  of(rollout: Rollout): Task[];
  /** The healthy tasks of a deployment. */
  healthyOf(rollout: Rollout): Task[];
  /** The number of tasks in a state, of all deployments. */
  count(state: Task['state']): number;
  /** Starts tasks of the newest deployment, up to the maximum percent. */
  startMissing(desired: number): void;
  /** Stops tasks of older deployments, down to the minimum healthy percent. */
  stopOld(desired: number): void;
  /** Stops all tasks. */
  stopAll(): void;
}

export function createServiceTasks(
  { deployment }: ServiceSettings,
  board: TaskBoard,
  rollouts: Rollouts,
): ServiceTasks {
  const all = () => board.tasks.filter(({ owner, state }) => owner !== undefined && state !== 'STOPPED');
  const of = (rollout: Rollout) => all().filter(({ owner }) => owner === rollout.id);
  const isHealthy = (task: Task) => board.targetState(task) === 'healthy';
  const reasonOfStop = () => `Scaling activity initiated by (deployment ${rollouts.primary.id})`;

  return {
    all,
    of,
    healthyOf: (rollout) => of(rollout).filter(isHealthy),
    count: (state) => board.tasks.filter((task) => task.owner !== undefined && task.state === state).length,

    startMissing(desired) {
      const { primary } = rollouts;
      const max = Math.floor((desired * deployment.maximumPercent) / 100);
      const up = board.tasks.filter((task) => task.owner !== undefined && isWanted(task));
      const ours = up.filter(({ owner }) => owner === primary.id);
      const missing = Math.min(desired - ours.length, max - up.length);
      for (let count = 0; count < missing; count += 1) board.start(primary.definition, { owner: primary.id });
      if (missing > 0) rollouts.addEvent(`has started ${missing} tasks`);
      for (const task of ours.slice(desired))
        board.stop(task, 'Scaling activity initiated by deployment', 'scheduler');
    },

    stopAll() {
      for (const task of all()) board.stop(task, 'Service deleted', 'scheduler');
    },

    stopOld(desired) {
      const min = Math.ceil((desired * deployment.minimumHealthyPercent) / 100);
      const old = rollouts.older.flatMap(of).filter(isWanted);
      // Unhealthy tasks can stop at once.
      for (const task of old.filter((each) => !isHealthy(each)))
        board.stop(task, reasonOfStop(), 'scheduler');
      const healthy = old.filter(isHealthy);
      const spare = of(rollouts.primary).filter(isHealthy).length + healthy.length - min;
      for (const task of healthy.slice(0, Math.max(0, spare))) board.stop(task, reasonOfStop(), 'scheduler');
    },
  };
}
