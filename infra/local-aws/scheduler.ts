/**
 * The service scheduler: rolling deployments as ECS documents them, with circuit breaker, alarms and rollback.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 *
 * Simpler than AWS: tasks that fail are replaced at once (ECS waits longer each time), a zone is never lost, and the bake
 * time behind a deployment with alarms is a setting (AWS computes it from the alarms, and does not say how).
 */

import { randomInt } from 'node:crypto';
import type { Deployment, Service, TaskDefinition } from '@aws-sdk/client-ecs';
import type { ServiceSettings } from './platform.ts';
import { startTask, type Task, type TaskBoard } from './task-board.ts';

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

interface Rollout {
  readonly id: string;
  readonly definition: TaskDefinition;
  readonly begun: Date;
  /** When its state changed last. */
  changed: Date;
  state: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  reason: string;
  /** In the words of `ServiceDeployment`. */
  fate: { status: string; reason: string };
  failedTasks: number;
  /** Set on the one that goes back from another. */
  readonly undoes?: Rollout;
  /** When the last old task was gone. */
  settled?: number;
}

/** Times a second, in the scheduler's own seconds. */
const TICKS = 5;

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html */
const thresholdOf = (desired: number) => Math.min(200, Math.max(3, Math.ceil(desired / 2)));

/** @param second in milliseconds; tests let time fly. */
export function createScheduler(
  settings: ServiceSettings,
  initial: TaskDefinition,
  board: TaskBoard,
  second: number,
): Scheduler {
  const { name, clusterArn, serviceArn } = settings;
  let desired = settings.desiredCount;
  let primary: Rollout = newRollout(initial);
  primary.state = 'COMPLETED';
  /** Older ones that still have tasks. */
  let older: Rollout[] = [];
  let lastCompleted: Rollout | undefined = desired > 0 ? primary : undefined;
  const fates = new Map<string, Rollout>([[primary.id, primary]]);
  const messages: { createdAt: Date; message: string }[] = [];
  const timer = setInterval(tick, second / TICKS);

  function newRollout(definition: TaskDefinition, undoes?: Rollout): Rollout {
    const id = `ecs-svc/${String(randomInt(2 ** 47)).padStart(19, '1')}`;
    return {
      id,
      definition,
      begun: new Date(),
      changed: new Date(),
      state: 'IN_PROGRESS',
      reason: `ECS deployment ${id} in progress.`,
      fate: { status: 'IN_PROGRESS', reason: '' },
      failedTasks: 0,
      ...(undoes && { undoes }),
    };
  }

  function begin(rollout: Rollout): void {
    older = [primary, ...older];
    if (primary.state === 'IN_PROGRESS')
      primary.fate = { status: 'STOPPED', reason: 'Another deployment took its place.' };
    primary = rollout;
    fates.set(rollout.id, rollout);
    say(`has begun the deployment ${rollout.id}`);
  }

  function say(what: string): void {
    messages.unshift({ createdAt: new Date(), message: `(service ${name}) ${what}.` });
  }

  const tasksOf = (rollout: Rollout) =>
    board.tasks.filter((task) => task.owner === rollout.id && task.state !== 'STOPPED');
  const isGood = (task: Task) =>
    task.state === 'RUNNING' && task.health !== 'UNHEALTHY' && board.targetState(task) === 'healthy';

  function tick(): void {
    endUnhealthy();
    if (primary.state === 'IN_PROGRESS') giveUpWhereDue();
    if (primary.state !== 'FAILED') startMissing();
    stopOld();
    older = older.filter((rollout) => tasksOf(rollout).length > 0);
    completeWhereDone();
  }

  /** Counts what failed, and ends what is up but not well once its grace is over. */
  function endUnhealthy(): void {
    for (const task of board.tasks) {
      const rollout = [primary, ...older].find(({ id }) => id === task.owner);
      if (rollout === undefined) continue;
      if (task.state === 'STOPPED' && !task.isCounted) {
        task.isCounted = true;
        if (task.stoppedBy === 'itself') rollout.failedTasks += 1;
        if (task.stoppedBy === 'itself') say(`has a stopped task ${task.id}: ${task.reason}`);
      }
      if (task.state !== 'RUNNING') continue;
      const age = (Date.now() - task.runningSince) / second;
      if (age < settings.healthCheckGracePeriod) continue;
      const target = board.targetState(task);
      if (task.health !== 'UNHEALTHY' && target !== 'unhealthy') continue;
      board.end(
        task,
        task.health === 'UNHEALTHY'
          ? 'Task failed container health checks'
          : `Task failed ELB health checks in (target-group ${settings.targetGroupArn})`,
        'itself',
      );
    }
  }

  function giveUpWhereDue(): void {
    const { circuitBreaker, alarms } = settings.deployment;
    const threshold = thresholdOf(desired);
    if (circuitBreaker.enable && primary.failedTasks >= threshold && primary.undoes === undefined) {
      fail(
        'ECS deployment circuit breaker: tasks failed to start.',
        'ECS deployment circuit breaker',
        circuitBreaker.rollback,
      );
      return;
    }
    const ringing = alarms.enable ? board.ringing().filter((alarm) => alarms.alarmNames.includes(alarm)) : [];
    if (
      ringing.length > 0 &&
      primary.undoes === undefined &&
      tasksOf(primary).some(({ state }) => state === 'RUNNING')
    ) {
      fail(
        `ECS deployment failed: alarm detected (${ringing.join(', ')}).`,
        'ECS deployment alarm',
        alarms.rollback,
      );
    }
  }

  function fail(reason: string, cause: string, goesBack: boolean): void {
    const failed = primary;
    failed.state = 'FAILED';
    failed.changed = new Date();
    failed.reason = reason;
    failed.fate = { status: 'STOPPED', reason };
    say(`deployment ${failed.id} failed: ${reason.replace(/\.$/, '')}`);
    if (!goesBack || lastCompleted === undefined) return;
    failed.fate = { status: 'ROLLBACK_IN_PROGRESS', reason };
    const back = newRollout(lastCompleted.definition, failed);
    back.reason = `${cause}: rolling back to deploymentId ${lastCompleted.id}.`;
    begin(back);
  }

  function startMissing(): void {
    const most = Math.floor((desired * settings.deployment.maximumPercent) / 100);
    const up = board.tasks.filter(
      ({ owner, state }) => owner !== undefined && (state === 'PENDING' || state === 'RUNNING'),
    );
    const ours = up.filter(({ owner }) => owner === primary.id);
    const missing = Math.min(desired - ours.length, most - up.length);
    for (let count = 0; count < missing; count += 1)
      startTask(board, primary.definition, { owner: primary.id });
    if (missing > 0) say(`has started ${missing} tasks`);
    for (const task of ours.slice(desired))
      board.end(task, 'Scaling activity initiated by deployment', 'scheduler');
  }

  function stopOld(): void {
    const fewest = Math.ceil((desired * settings.deployment.minimumHealthyPercent) / 100);
    const old = older.flatMap(tasksOf).filter(({ state }) => state === 'PENDING' || state === 'RUNNING');
    // What is not well serves nobody, so it may go at once.
    for (const task of old.filter((each) => !isGood(each))) board.end(task, reasonOfStop(), 'scheduler');
    const good = old.filter(isGood);
    const spare = tasksOf(primary).filter(isGood).length + good.length - fewest;
    for (const task of good.slice(0, Math.max(0, spare))) board.end(task, reasonOfStop(), 'scheduler');
  }

  function reasonOfStop(): string {
    return `Scaling activity initiated by (deployment ${primary.id})`;
  }

  function completeWhereDone(): void {
    if (primary.state !== 'IN_PROGRESS' || older.length > 0) return;
    if (tasksOf(primary).filter(isGood).length < desired) return;
    primary.settled ??= Date.now();
    const bake = settings.deployment.alarms.enable && primary.undoes === undefined ? settings.bakeTime : 0;
    if (Date.now() - primary.settled < bake * second) return;
    primary.state = 'COMPLETED';
    primary.changed = new Date();
    primary.reason = `ECS deployment ${primary.id} completed.`;
    primary.fate = { status: 'SUCCESSFUL', reason: '' };
    if (primary.undoes !== undefined)
      primary.undoes.fate = { status: 'ROLLBACK_SUCCESSFUL', reason: primary.undoes.fate.reason };
    lastCompleted = primary;
    say('has reached a steady state');
  }

  function toDeployment(rollout: Rollout, status: 'PRIMARY' | 'ACTIVE'): Deployment {
    const tasks = tasksOf(rollout);
    return {
      id: rollout.id,
      status,
      taskDefinition: rollout.definition.taskDefinitionArn,
      desiredCount: status === 'PRIMARY' ? desired : 0,
      pendingCount: tasks.filter(({ state }) => state === 'PENDING').length,
      runningCount: tasks.filter(({ state }) => state === 'RUNNING').length,
      failedTasks: rollout.failedTasks,
      createdAt: rollout.begun,
      updatedAt: rollout.changed,
      launchType: 'FARGATE',
      rolloutState: rollout.state,
      rolloutStateReason: rollout.reason,
    };
  }

  return {
    deploy(definition, desiredCount) {
      desired = desiredCount ?? desired;
      begin(newRollout(definition));
    },
    rollBack() {
      fail('ECS deployment stopped by StopServiceDeployment.', 'ECS deployment stopped', true);
    },
    describe: () => ({
      serviceName: name,
      serviceArn,
      clusterArn,
      status: 'ACTIVE',
      desiredCount: desired,
      runningCount: board.tasks.filter(({ owner, state }) => owner !== undefined && state === 'RUNNING')
        .length,
      pendingCount: board.tasks.filter(({ owner, state }) => owner !== undefined && state === 'PENDING')
        .length,
      launchType: 'FARGATE',
      taskDefinition: primary.definition.taskDefinitionArn,
      currentServiceDeployment: `${serviceArn.replace(':service/', ':service-deployment/')}/${(primary.undoes ?? primary).id.slice(8)}`,
      loadBalancers: [
        { targetGroupArn: settings.targetGroupArn, containerName: 'api', containerPort: settings.port },
      ],
      networkConfiguration: settings.networkConfiguration,
      deploymentConfiguration: {
        maximumPercent: settings.deployment.maximumPercent,
        minimumHealthyPercent: settings.deployment.minimumHealthyPercent,
        deploymentCircuitBreaker: settings.deployment.circuitBreaker,
        alarms: settings.deployment.alarms,
      },
      deployments: [
        toDeployment(primary, 'PRIMARY'),
        ...older.map((rollout) => toDeployment(rollout, 'ACTIVE')),
      ],
      events: messages
        .slice(0, 100)
        .map((message, index) => ({ id: String(messages.length - index), ...message })),
    }),
    fateOf: (id) => fates.get(`ecs-svc/${id}`)?.fate,
    close: () => clearInterval(timer),
  };
}
