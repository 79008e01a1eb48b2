/** What happens in the rehearsal, second by second, for the report and its picture. */

import type { Balancer } from './balancer.ts';
import type { TargetState } from './ecs/driver.ts';
import type { TaskBoard } from './ecs/task-board.ts';

export interface Sample {
  /** Seconds since the rehearsal began. */
  readonly at: number;
  /** Requests a second since the sample before. */
  readonly rate: number;
  /** Answers of 5xx since the sample before. */
  readonly errors: number;
  /** What each task is. */
  readonly tasks: Readonly<Record<string, TaskState>>;
}

export type TaskState = Exclude<TargetState, 'unused'> | 'starting' | 'stopping';

export interface Recorder {
  readonly samples: readonly Sample[];
  /** Which image each task is of. */
  readonly tags: ReadonlyMap<string, string>;
  now(): number;
  stop(): void;
}

/** Milliseconds. */
const INTERVAL = 500;

/** @param tagOf the image of a task definition, in a word. */
export function startRecorder(
  board: TaskBoard,
  balancer: Balancer,
  tagOf: (image: string) => string,
): Recorder {
  const begun = performance.now();
  const samples: Sample[] = [];
  const tags = new Map<string, string>();
  let before = { at: 0, requests: 0, errors: 0 };
  const now = () => (performance.now() - begun) / 1000;

  async function sample(): Promise<void> {
    const { requests, targetErrors, ownErrors } = await balancer.counters();
    const at = now();
    const errors = targetErrors + ownErrors;
    const tasks: Record<string, TaskState> = {};
    for (const task of board.tasks) {
      if (task.owner === undefined || task.state === 'STOPPED') continue;
      tags.set(task.id, tagOf(task.definition.containerDefinitions?.[0]?.image ?? ''));
      const target = board.targetState(task);
      tasks[task.id] =
        task.state === 'PENDING'
          ? 'starting'
          : task.state === 'STOPPING' || target === 'unused'
            ? 'stopping'
            : target;
    }
    samples.push({
      at,
      rate: (requests - before.requests) / (at - before.at),
      errors: errors - before.errors,
      tasks,
    });
    before = { at, requests, errors };
  }

  const timer = setInterval(() => void sample().catch(() => {}), INTERVAL);
  return { samples, tags, now, stop: () => clearInterval(timer) };
}
