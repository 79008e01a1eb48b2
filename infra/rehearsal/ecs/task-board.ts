/** All tasks with their states, and how each starts and stops. */

import { randomUUID } from 'node:crypto';
import type { TaskDefinition } from '@aws-sdk/client-ecs';
import type { Driver, TargetState, TaskEvents } from './driver.ts';

export interface Task {
  readonly id: string;
  readonly definition: TaskDefinition;
  /** The id of its deployment; undefined for a task of `RunTask`. */
  readonly owner: string | undefined;
  /** Replaces the image's command; undefined if it does not. */
  readonly command: readonly string[] | undefined;
  readonly startedAt: Date;
  state: 'PENDING' | 'RUNNING' | 'DEACTIVATING' | 'STOPPING' | 'STOPPED';
  runningSince: number;
  exitCode: number | undefined;
  /** Why it stopped, as ECS words it. */
  reason: string;
  stoppedBy: 'itself' | 'scheduler' | undefined;
  /** Whether the scheduler has counted its failure. */
  isCounted: boolean;
}

export interface TaskBoard {
  /** Newest last. */
  readonly tasks: readonly Task[];
  targetState(task: Task): TargetState;
  start(definition: TaskDefinition, options: TaskOptions): Task;
  /**
   * Deregisters a task from the load balancer, waits for the deregistration delay, and stops it.
   */
  stop(task: Task, reason: string, by: 'itself' | 'scheduler'): void;
}

export interface TaskOptions {
  readonly owner?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Whether ECS wants the task to run. One that drains must stop already. */
export function isWanted({ state }: Task): boolean {
  return state === 'PENDING' || state === 'RUNNING';
}

/**
 * @param deregistrationDelay in seconds.
 * @param second in milliseconds.
 */
export function createTaskBoard(driver: Driver, deregistrationDelay: number, second: number): TaskBoard {
  const tasks: Task[] = [];

  const eventsOf = (task: Task): TaskEvents => ({
    running() {
      if (task.state !== 'PENDING') return;
      task.state = 'RUNNING';
      task.runningSince = Date.now();
      if (task.owner !== undefined) driver.register(task.id);
    },
    stopped(reason, exitCode) {
      if (task.owner !== undefined) driver.deregister(task.id);
      task.stoppedBy ??= 'itself';
      task.reason ||= reason;
      task.exitCode = exitCode;
      task.state = 'STOPPED';
    },
  });

  return {
    tasks,
    targetState: (task) => {
      if (task.owner === undefined || task.state === 'PENDING' || task.state === 'STOPPED') return 'unused';
      return task.state === 'RUNNING' ? driver.targetState(task.id) : 'draining';
    },
    start(definition, { owner, command, environment = {} }) {
      const task: Task = {
        id: randomUUID().replaceAll('-', ''),
        definition,
        owner,
        command,
        startedAt: new Date(),
        state: 'PENDING',
        runningSince: Number.POSITIVE_INFINITY,
        exitCode: undefined,
        reason: '',
        stoppedBy: undefined,
        isCounted: false,
      };
      tasks.push(task);
      driver.start({ id: task.id, definition, command, environment }, eventsOf(task));
      return task;
    },
    stop(task, reason, by) {
      if (!isWanted(task)) return;
      const wasRegistered = task.owner !== undefined && task.state === 'RUNNING';
      task.reason = reason;
      task.stoppedBy = by;
      task.state = wasRegistered ? 'DEACTIVATING' : 'STOPPING';
      if (wasRegistered) driver.deregister(task.id);
      setTimeout(
        () => {
          if (task.state === 'STOPPED') return;
          task.state = 'STOPPING';
          driver.stop(task.id);
        },
        wasRegistered ? deregistrationDelay * second : 0,
        // A task that drains does not keep a rehearsal that has ended alive.
      ).unref();
    },
  };
}
