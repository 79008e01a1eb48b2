/**
 * The service scheduler: rolling deployments as ECS documents them, with circuit breaker, alarms and rollback.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 *
 * Simpler than AWS: tasks that fail are replaced at once (ECS waits longer each time), a zone is never lost, and the bake
 * time behind a deployment with alarms is a setting (AWS computes it from the alarms, and does not say how).
 */

import type { Service, TaskDefinition } from '@aws-sdk/client-ecs';
import { describeService } from './describe-service.ts';
import type { ServiceSettings } from './local-platform.ts';
import { createRolloutJudge } from './rollout-judge.ts';
import { createRollouts } from './rollouts.ts';
import { createServiceTasks } from './service-tasks.ts';
import type { TaskBoard } from './task-board.ts';

export interface Scheduler {
  /** As `UpdateService`: a new deployment of the revision. */
  deploy(definition: TaskDefinition, desiredCount: number | undefined): void;
  /** As `StopServiceDeployment` with `ROLLBACK`. */
  rollBack(): void;
  describe(): Service;
  /** What became of a deployment, in the words of `ServiceDeployment`. */
  fateOf(id: string): { status: string; reason: string } | undefined;
  close(): void;
}

/** Times a second, in the scheduler's own seconds. */
const TICKS = 5;

/** @param second in milliseconds; tests let time fly. */
export function createScheduler(
  settings: ServiceSettings,
  initial: TaskDefinition,
  board: TaskBoard,
  second: number,
): Scheduler {
  let desired = settings.desiredCount;
  const rollouts = createRollouts(settings.name, initial, desired > 0);
  const tasks = createServiceTasks(settings, board, rollouts);
  const judge = createRolloutJudge(settings, board, rollouts, tasks, second);

  function tick(): void {
    judge.endUnhealthy();
    judge.giveUpWhereDue(desired);
    if (rollouts.primary.state !== 'FAILED') tasks.startMissing(desired);
    tasks.stopOld(desired);
    rollouts.keepOlder((rollout) => tasks.of(rollout).length > 0);
    judge.completeWhereDone(desired);
  }
  const timer = setInterval(tick, second / TICKS);

  return {
    deploy(definition, desiredCount) {
      desired = desiredCount ?? desired;
      rollouts.begin(definition);
    },
    rollBack() {
      rollouts.fail('ECS deployment stopped by StopServiceDeployment.', {
        wanted: true,
        cause: 'ECS deployment stopped',
      });
    },
    describe: () => describeService(settings, rollouts, tasks, desired),
    fateOf: (id) => rollouts.find(`ecs-svc/${id}`)?.fate,
    close: () => clearInterval(timer),
  };
}
