/**
 * ECS's service scheduler: rolling deployments with circuit breaker, alarms and rollback, as
 * documented.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
 *
 * Simpler than AWS: failed tasks are replaced at once (ECS waits longer each time), zones do not
 * fail, and the bake time of a deployment with alarms is a setting (AWS computes it in an
 * undocumented way).
 */

import type {
  CreateServiceCommandInput,
  Service,
  ServiceDeployment,
  TaskDefinition,
} from '@aws-sdk/client-ecs';
import { describeService } from './describe-service.ts';
import type { Driver } from './driver.ts';
import type { LocalPlatform } from './local-platform.ts';
import { createRollouts, type Rollout, type Rollouts } from './rollouts.ts';
import { isWanted, type Task, type TaskBoard } from './task-board.ts';

export interface Scheduler {
  /** Starts a deployment, like `UpdateService`. */
  deploy(definition: TaskDefinition, desiredCount: number | undefined): void;
  /** Like `StopServiceDeployment` with `ROLLBACK`. */
  rollBack(): void;
  /** Like `DeleteService`: stops all tasks. Afterwards the service is inactive. */
  delete(): void;
  describe(): Service;
  /** A deployment, which may have ended, like `DescribeServiceDeployments`. */
  findRecord(serviceDeploymentArn: string): ServiceDeployment | undefined;
  close(): void;
}

/** How often per second of ECS the scheduler runs. */
const TICKS = 5;

/** How many failed tasks open the circuit breaker. */
const thresholdOf = (desired: number) => Math.min(200, Math.max(3, Math.ceil(desired / 2)));

/**
 * @param settings from `CreateService`.
 * @param second how long one second of ECS takes, in milliseconds.
 */
export function createScheduler(
  { name, bakeTime }: LocalPlatform,
  settings: CreateServiceCommandInput,
  definition: TaskDefinition,
  board: TaskBoard,
  driver: Driver,
  second: number,
): Scheduler {
  const { deploymentConfiguration, healthCheckGracePeriodSeconds = 0, loadBalancers = [] } = settings;
  const { minimumHealthyPercent = 100, maximumPercent = 200, alarms } = deploymentConfiguration ?? {};
  const rollouts = createRollouts(name, definition);
  let desired = settings.desiredCount ?? 0;
  let isDeleted = false;

  /** The tasks of the service that have not stopped. */
  const ownTasks = () => board.tasks.filter(({ owner, state }) => owner !== undefined && state !== 'STOPPED');
  const tasksOf = ({ id }: Rollout) => ownTasks().filter(({ owner }) => owner === id);
  const isHealthy = (task: Task) => board.targetState(task) === 'healthy';
  const stop = (task: Task, reason: string) => board.stop(task, reason, 'scheduler');
  const firingAlarms = () => driver.firingAlarms().filter((alarm) => alarms?.alarmNames?.includes(alarm));

  function countFailures(rollout: Rollout): void {
    const stopped = board.tasks.filter(({ owner, state }) => owner === rollout.id && state === 'STOPPED');
    for (const task of stopped.filter(({ isCounted }) => !isCounted)) {
      task.isCounted = true;
      if (task.stoppedBy !== 'itself') continue;
      rollout.failedTasks += 1;
      rollouts.addEvent(`has a stopped task ${task.id}: ${task.reason}`);
    }
  }

  /** Stops unhealthy tasks after their grace period. */
  function stopUnhealthy(): void {
    for (const task of ownTasks().filter((each) => board.targetState(each) === 'unhealthy')) {
      if ((Date.now() - task.runningSince) / second < healthCheckGracePeriodSeconds) continue;
      const [{ targetGroupArn } = {}] = loadBalancers;
      board.stop(task, `Task failed ELB health checks in (target-group ${targetGroupArn})`, 'itself');
    }
  }

  /** Applies the circuit breaker and the alarms. */
  function failWhereDue(rollout: Rollout): void {
    rollout.ignoresAlarms ??= firingAlarms().length > 0;
    // A rollback is not rolled back.
    if (rollout.state !== 'IN_PROGRESS' || rollout.rollbackOf !== undefined) return;
    if (rollout.failedTasks >= thresholdOf(desired)) {
      rollouts.fail(
        'ECS deployment circuit breaker: tasks failed to start.',
        'ECS deployment circuit breaker',
      );
    } else if (
      firingAlarms().length > 0 &&
      !rollout.ignoresAlarms &&
      tasksOf(rollout).some(({ state }) => state === 'RUNNING')
    ) {
      rollouts.fail(
        `ECS deployment failed: alarm detected (${firingAlarms().join(', ')}).`,
        'ECS deployment alarm',
      );
    }
  }

  /** Starts tasks of the newest deployment, up to the maximum percent. */
  function startMissing(rollout: Rollout): void {
    if (rollout.state === 'FAILED') return;
    const max = Math.floor((desired * maximumPercent) / 100);
    const all = ownTasks().filter(isWanted);
    const ours = all.filter(({ owner }) => owner === rollout.id);
    const missing = Math.min(desired - ours.length, max - all.length);
    for (let count = 0; count < missing; count += 1) board.start(rollout.definition, { owner: rollout.id });
    if (missing > 0) rollouts.addEvent(`has started ${missing} tasks`);
    for (const task of ours.slice(desired)) stop(task, 'Scaling activity initiated by deployment');
  }

  /** Stops tasks of older deployments, down to the minimum healthy percent. */
  function stopOld({ primary, older }: Rollouts): void {
    const reason = `Scaling activity initiated by (deployment ${primary.id})`;
    const min = Math.ceil((desired * minimumHealthyPercent) / 100);
    const old = older.flatMap(tasksOf).filter(isWanted);
    // Unhealthy tasks can stop at once.
    for (const task of old.filter((each) => !isHealthy(each))) stop(task, reason);
    const healthy = old.filter(isHealthy);
    const spare = tasksOf(primary).filter(isHealthy).length + healthy.length - min;
    for (const task of healthy.slice(0, Math.max(0, spare))) stop(task, reason);
  }

  function completeWhereDone({ primary, older }: Rollouts): void {
    if (primary.state !== 'IN_PROGRESS' || older.length > 0) return;
    if (tasksOf(primary).filter(isHealthy).length < desired) return;
    primary.settled ??= Date.now();
    const bake = primary.rollbackOf === undefined ? bakeTime : 0;
    if (Date.now() - primary.settled >= bake * second) rollouts.complete();
  }

  function tick(): void {
    for (const rollout of [rollouts.primary, ...rollouts.older]) countFailures(rollout);
    stopUnhealthy();
    failWhereDue(rollouts.primary);
    // From here on, the newest may be a rollback.
    startMissing(rollouts.primary);
    stopOld(rollouts);
    rollouts.dropStopped((rollout) => tasksOf(rollout).length > 0);
    completeWhereDone(rollouts);
  }
  const timer = setInterval(tick, second / TICKS);

  function status(): string {
    if (!isDeleted) return 'ACTIVE';
    return ownTasks().length > 0 ? 'DRAINING' : 'INACTIVE';
  }

  return {
    deploy(next, desiredCount) {
      desired = desiredCount ?? desired;
      rollouts.start(next);
    },
    rollBack() {
      rollouts.fail('ECS deployment stopped by StopServiceDeployment.', 'ECS deployment stopped');
    },
    delete() {
      isDeleted = true;
      desired = 0;
      clearInterval(timer);
      for (const task of ownTasks()) stop(task, 'Service deleted');
    },
    describe: () =>
      describeService({ name, status: status(), desired, settings, rollouts, tasks: ownTasks() }),
    findRecord: rollouts.findRecord,
    close: () => clearInterval(timer),
  };
}
