/**
 * The tasks of a service: how many start and stop at a time, within the limits of its deployment settings.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 */

import type { ServiceSettings } from './local-platform.ts';
import type { Rollout, Rollouts } from './rollouts.ts';
import { startTask, type Task, type TaskBoard } from './task-board.ts';

export interface ServiceTasks {
  /** Those of a deployment that have not stopped. */
  of(rollout: Rollout): Task[];
  /** Those of a deployment that serve. */
  goodOf(rollout: Rollout): Task[];
  /** Of all deployments, in a state. */
  count(state: Task['state']): number;
  /** Brings the newest deployment up to this number, as far as the most that may run allows. */
  startMissing(desired: number): void;
  /** Takes the older ones down, as far as the fewest that must serve allow. */
  stopOld(desired: number): void;
}

export function createServiceTasks(
  { deployment }: ServiceSettings,
  board: TaskBoard,
  rollouts: Rollouts,
): ServiceTasks {
  const of = (rollout: Rollout) =>
    board.tasks.filter((task) => task.owner === rollout.id && task.state !== 'STOPPED');
  const isGood = (task: Task) =>
    task.state === 'RUNNING' && task.health !== 'UNHEALTHY' && board.targetState(task) === 'healthy';
  const isUp = ({ state }: Task) => state === 'PENDING' || state === 'RUNNING';
  const reasonOfStop = () => `Scaling activity initiated by (deployment ${rollouts.primary.id})`;

  return {
    of,
    goodOf: (rollout) => of(rollout).filter(isGood),
    count: (state) => board.tasks.filter((task) => task.owner !== undefined && task.state === state).length,

    startMissing(desired) {
      const { primary } = rollouts;
      const most = Math.floor((desired * deployment.maximumPercent) / 100);
      const up = board.tasks.filter((task) => task.owner !== undefined && isUp(task));
      const ours = up.filter(({ owner }) => owner === primary.id);
      const missing = Math.min(desired - ours.length, most - up.length);
      for (let count = 0; count < missing; count += 1)
        startTask(board, primary.definition, { owner: primary.id });
      if (missing > 0) rollouts.say(`has started ${missing} tasks`);
      for (const task of ours.slice(desired))
        board.end(task, 'Scaling activity initiated by deployment', 'scheduler');
    },

    stopOld(desired) {
      const fewest = Math.ceil((desired * deployment.minimumHealthyPercent) / 100);
      const old = rollouts.older.flatMap(of).filter(isUp);
      // What is not well serves nobody, so it may go at once.
      for (const task of old.filter((each) => !isGood(each))) board.end(task, reasonOfStop(), 'scheduler');
      const good = old.filter(isGood);
      const spare = of(rollouts.primary).filter(isGood).length + good.length - fewest;
      for (const task of good.slice(0, Math.max(0, spare))) board.end(task, reasonOfStop(), 'scheduler');
    },
  };
}
