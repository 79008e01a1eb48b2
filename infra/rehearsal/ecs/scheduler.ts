/**
 * ECS's service scheduler: rolling deployments with circuit breaker, alarms and rollback, as
 * documented.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 *
 * Simpler than AWS: failed tasks are replaced at once (ECS waits longer each time), zones do not
 * fail, and the bake time of a deployment with alarms is a setting (AWS computes it in an
 * undocumented way).
 */

import type { Service, TaskDefinition } from '@aws-sdk/client-ecs';
import { createDeploymentJudge } from './deployment-judge.ts';
import { describeService } from './describe-service.ts';
import type { Driver } from './driver.ts';
import { createRollouts } from './rollouts.ts';
import type { ServiceSettings } from './service-settings.ts';
import { createServiceTasks } from './service-tasks.ts';
import type { TaskBoard } from './task-board.ts';

export interface Scheduler {
  /** Starts a deployment, like `UpdateService`. */
  deploy(definition: TaskDefinition, desiredCount: number | undefined): void;
  /** Like `StopServiceDeployment` with `ROLLBACK`. */
  rollBack(): void;
  /** Like `DeleteService`: stops all tasks. Afterwards the service is inactive. */
  delete(): void;
  describe(): Service;
  /** The result of a deployment, as `DescribeServiceDeployments` reports it. */
  statusOf(id: string): { status: string; reason: string } | undefined;
  close(): void;
}

/** How often per second of ECS the scheduler runs. */
const TICKS = 5;

/** @param second how long one second of ECS takes, in milliseconds. */
export function createScheduler(
  settings: ServiceSettings,
  initial: TaskDefinition,
  desiredCount: number,
  board: TaskBoard,
  driver: Driver,
  second: number,
): Scheduler {
  let desired = desiredCount;
  let isDeleted = false;
  const rollouts = createRollouts(settings.name, initial);
  const tasks = createServiceTasks(settings, board, rollouts);
  const judge = createDeploymentJudge(settings, board, driver, rollouts, tasks, second);

  function tick(): void {
    judge.stopUnhealthy();
    judge.failWhereDue(desired);
    if (rollouts.primary.state !== 'FAILED') tasks.startMissing(desired);
    tasks.stopOld(desired);
    rollouts.dropStopped((rollout) => tasks.of(rollout).length > 0);
    judge.completeWhereDone(desired);
  }
  const timer = setInterval(tick, second / TICKS);

  function status(): string {
    if (!isDeleted) return 'ACTIVE';
    return tasks.all().length > 0 ? 'DRAINING' : 'INACTIVE';
  }

  return {
    deploy(definition, desiredCount) {
      desired = desiredCount ?? desired;
      rollouts.start(definition);
    },
    rollBack() {
      rollouts.fail('ECS deployment stopped by StopServiceDeployment.', 'ECS deployment stopped');
    },
    delete() {
      isDeleted = true;
      desired = 0;
      clearInterval(timer);
      tasks.stopAll();
    },
    describe: () => describeService(settings, rollouts, tasks, desired, status()),
    statusOf: (id) => rollouts.find(`ecs-svc/${id}`)?.serviceDeployment,
    close: () => clearInterval(timer),
  };
}
