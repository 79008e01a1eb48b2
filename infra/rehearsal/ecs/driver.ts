/** What runs the tasks of the local ECS: containers in the rehearsal, a script in tests. */

import type { TaskDefinition } from '@aws-sdk/client-ecs';

export interface TaskToRun {
  readonly id: string;
  readonly definition: TaskDefinition;
  /** Replaces the image's command. */
  readonly command: readonly string[] | undefined;
  /** Variables from `RunTask`, besides those of the definition. */
  readonly environment: Readonly<Record<string, string>>;
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html */
export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining' | 'unused';

/** How a task reports its state. */
export interface TaskEvents {
  running(): void;
  /** @param exitCode undefined when the container did not start. */
  stopped(reason: string, exitCode: number | undefined): void;
}

export interface LogLine {
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

export interface Driver {
  start(task: TaskToRun, events: TaskEvents): void;
  /** Sends SIGTERM, kills it after the definition's `stopTimeout`, then calls `stopped`. */
  stop(id: string): void;
  /** The load balancer sends it requests once its health checks pass. */
  register(id: string): void;
  /** The load balancer sends it no new requests. */
  deregister(id: string): void;
  targetState(id: string): TargetState;
  /** What it logged, oldest first. */
  readLogLines(id: string): readonly LogLine[];
  /** The names of the alarms that fire now. */
  firingAlarms(): readonly string[];
}
