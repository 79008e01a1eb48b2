/** What carries out the tasks that the local ECS decides on: containers in the rehearsal, a script in the tests. */

import type { TaskDefinition } from '@aws-sdk/client-ecs';

export interface TaskToRun {
  readonly id: string;
  readonly definition: TaskDefinition;
  /** In the place of the image's own. */
  readonly command: readonly string[] | undefined;
  /** Variables beside those of the definition, from `RunTask`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the load balancer is to send it requests. */
  readonly isOfService: boolean;
}

export type Health = 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html */
export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining' | 'unused';

/** How a task tells what has become of it. */
export interface TaskEvents {
  running(): void;
  /** Of the container's own health check. */
  health(health: Health): void;
  /** @param exitCode undefined when the container never ran. */
  stopped(reason: string, exitCode: number | undefined): void;
}

export interface Driver {
  start(task: TaskToRun, events: TaskEvents): void;
  /** Tells it to end, and ends it after the definition's `stopTimeout`; `stopped` is called when it has. */
  stop(id: string): void;
  /** The load balancer sends it requests as soon as its health checks allow. */
  register(id: string): void;
  /** The load balancer sends it no new request. */
  deregister(id: string): void;
  targetState(id: string): TargetState;
  /** What it has printed. */
  linesOf(id: string): readonly string[];
  /** The names of the alarms that ring now. */
  ringing(): readonly string[];
}
