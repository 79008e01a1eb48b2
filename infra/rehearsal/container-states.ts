/** Reads the state and the log of containers. */

import { tryDocker } from './docker.ts';
import type { LogLine } from './ecs/driver.ts';

export interface ContainerState {
  readonly status: string;
  readonly exitCode: number;
  readonly isOutOfMemory: boolean;
  /** The published port; 0 if none is published yet. */
  readonly port: number;
}

/**
 * The states of the containers that exist, by name. One command for all, because docker competes
 * with the tasks for CPU.
 */
export async function inspectContainers(
  names: readonly string[],
): Promise<ReadonlyMap<string, ContainerState>> {
  if (names.length === 0) return new Map();
  const { stdout } = await tryDocker('inspect', '--type', 'container', ...names);
  // It fails when one container is missing, but prints the others.
  const found: Inspected[] = stdout.trim() === '' ? [] : JSON.parse(stdout);
  return new Map(found.map((one) => [one.Name.replace(/^\//, ''), toState(one)]));
}

/** The last lines of both outputs. */
export async function readLogs(name: string): Promise<LogLine[]> {
  const { stdout, stderr } = await tryDocker('logs', '--timestamps', '--tail', '50', name);
  // TIME TEXT
  const lines = [...`${stdout}${stderr}`.matchAll(/^(\S+) (.+)$/gm)];
  return lines
    .map(([, time = '', text = '']) => ({ at: Date.parse(time), text }))
    .sort((a, b) => a.at - b.at);
}

interface Inspected {
  readonly Name: string;
  readonly State: { Status: string; ExitCode: number; OOMKilled: boolean };
  /** The bindings of a port are null until it is published. */
  readonly NetworkSettings: { Ports?: Record<string, { HostPort: string }[] | null> };
}

function toState({ State, NetworkSettings }: Inspected): ContainerState {
  const [binding] = Object.values(NetworkSettings.Ports ?? {}).flatMap((each) => each ?? []);
  return {
    status: State.Status,
    exitCode: State.ExitCode,
    isOutOfMemory: State.OOMKilled,
    port: Number(binding?.HostPort ?? 0),
  };
}
