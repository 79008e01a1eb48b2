/** Every task that there is or was, what state it is in, and the way that each goes to its end. */

import { randomUUID } from 'node:crypto';
import type { TaskDefinition } from '@aws-sdk/client-ecs';
import type { Driver, Health, TargetState } from './driver.ts';

export interface Task {
  readonly id: string;
  readonly definition: TaskDefinition;
  /** The deployment that it belongs to; undefined for a task of `RunTask`. */
  readonly owner: string | undefined;
  /** In the place of the image's own; undefined where it runs that. */
  readonly command: readonly string[] | undefined;
  readonly begun: Date;
  ended?: Date;
  state: 'PENDING' | 'RUNNING' | 'DEACTIVATING' | 'STOPPING' | 'STOPPED';
  runningSince: number;
  health: Health;
  exitCode: number | undefined;
  /** Why it stopped, as ECS words it. */
  reason: string;
  stoppedBy: 'itself' | 'scheduler' | undefined;
  /** Whether the scheduler has taken note of its end. */
  isCounted: boolean;
}

export interface TaskBoard {
  /** Newest last. */
  readonly tasks: readonly Task[];
  targetState(task: Task): TargetState;
  ringing(): readonly string[];
  linesOf(id: string): readonly string[];
  /** Takes it out of the load balancer, waits for the deregistration delay, and stops it. */
  end(task: Task, reason: string, by: 'itself' | 'scheduler'): void;
  /** For {@link startTask}. */
  readonly driver: Driver;
  add(task: Task): void;
  /** Called with every change of a task. */
  readonly onChange: (task: Task) => void;
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
export function createTaskBoard(
  driver: Driver,
  deregistrationDelay: number,
  second: number,
  onChange: (task: Task) => void = () => {},
): TaskBoard {
  const tasks: Task[] = [];
  return {
    tasks,
    driver,
    onChange,
    add: (task) => void tasks.push(task),
    targetState: (task) => {
      if (task.owner === undefined || task.state === 'PENDING' || task.state === 'STOPPED') return 'unused';
      return task.state === 'RUNNING' ? driver.targetState(task.id) : 'draining';
    },
    ringing: () => driver.ringing(),
    linesOf: (id) => driver.linesOf(id),
    end(task, reason, by) {
      if (task.state !== 'PENDING' && task.state !== 'RUNNING') return;
      const wasRegistered = task.owner !== undefined && task.state === 'RUNNING';
      task.reason = reason;
      task.stoppedBy = by;
      task.state = wasRegistered ? 'DEACTIVATING' : 'STOPPING';
      onChange(task);
      if (wasRegistered) driver.deregister(task.id);
      setTimeout(
        () => {
          if (task.state === 'STOPPED') return;
          task.state = 'STOPPING';
          onChange(task);
          driver.stop(task.id);
        },
        wasRegistered ? deregistrationDelay * second : 0,
      );
    },
  };
}

/** Begins a task; what becomes of it is seen on the board. */
export function startTask(board: TaskBoard, definition: TaskDefinition, options: TaskOptions): Task {
  const { owner, command, environment = {} } = options;
  const task: Task = {
    id: randomUUID().replaceAll('-', ''),
    definition,
    owner,
    command,
    begun: new Date(),
    state: 'PENDING',
    runningSince: Number.POSITIVE_INFINITY,
    health: 'UNKNOWN',
    exitCode: undefined,
    reason: '',
    stoppedBy: undefined,
    isCounted: false,
  };
  board.add(task);
  board.onChange(task);
  const isOfService = owner !== undefined;
  board.driver.start(
    { id: task.id, definition, command, environment, isOfService },
    {
      running() {
        if (task.state !== 'PENDING') return;
        task.state = 'RUNNING';
        task.runningSince = Date.now();
        if (isOfService) board.driver.register(task.id);
        board.onChange(task);
      },
      health(health) {
        task.health = health;
        board.onChange(task);
      },
      stopped(reason, exitCode) {
        if (isOfService) board.driver.deregister(task.id);
        task.stoppedBy ??= 'itself';
        task.reason ||= reason;
        task.exitCode = exitCode;
        task.ended = new Date();
        task.state = 'STOPPED';
        board.onChange(task);
      },
    },
  );
  return task;
}
