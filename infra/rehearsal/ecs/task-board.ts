/** All tasks with their states, and how each is stopped. */

import { randomUUID } from 'node:crypto';
import type { TaskDefinition } from '@aws-sdk/client-ecs';
import type { Driver, LogLine, TargetState } from './driver.ts';

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
  firingAlarms(): readonly string[];
  readLogLines(id: string): readonly LogLine[];
  /**
   * Deregisters a task from the load balancer, waits for the deregistration delay, and stops it.
   */
  stop(task: Task, reason: string, by: 'itself' | 'scheduler'): void;
  /** For {@link startTask}. */
  readonly driver: Driver;
  add(task: Task): void;
}

export interface TaskOptions {
  readonly owner?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * @param deregistrationDelay in seconds.
 * @param second in milliseconds.
 */
export function createTaskBoard(driver: Driver, deregistrationDelay: number, second: number): TaskBoard {
  const tasks: Task[] = [];
  return {
    tasks,
    driver,
    add: (task) => void tasks.push(task),
    targetState: (task) => {
      if (task.owner === undefined || task.state === 'PENDING' || task.state === 'STOPPED') return 'unused';
      return task.state === 'RUNNING' ? driver.targetState(task.id) : 'draining';
    },
    firingAlarms: () => driver.firingAlarms(),
    readLogLines: (id) => driver.readLogLines(id),
    stop(task, reason, by) {
      if (task.state !== 'PENDING' && task.state !== 'RUNNING') return;
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
      );
    },
  };
}

/** Starts a task and adds it to the board. */
export function startTask(board: TaskBoard, definition: TaskDefinition, options: TaskOptions): Task {
  const { owner, command, environment = {} } = options;
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
  board.add(task);
  const isOfService = owner !== undefined;
  board.driver.start(
    { id: task.id, definition, command, environment, isOfService },
    {
      running() {
        if (task.state !== 'PENDING') return;
        task.state = 'RUNNING';
        task.runningSince = Date.now();
        if (isOfService) board.driver.register(task.id);
      },
      stopped(reason, exitCode) {
        if (isOfService) board.driver.deregister(task.id);
        task.stoppedBy ??= 'itself';
        task.reason ||= reason;
        task.exitCode = exitCode;
        task.state = 'STOPPED';
      },
    },
  );
  return task;
}
