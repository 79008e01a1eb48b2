/** What the engine says of containers. */

import { execFile } from 'node:child_process';

export interface ContainerState {
  readonly status: string;
  readonly exitCode: number;
  readonly isOutOfMemory: boolean;
  readonly health: 'HEALTHY' | 'UNHEALTHY' | undefined;
  /** Of this machine; 0 while none is published. */
  readonly port: number;
}

/**
 * By name; those that there are. One command for all of them: the time that the engine takes is taken from the tasks, which share the
 * processors with it here.
 */
export async function lookAt(names: readonly string[]): Promise<ReadonlyMap<string, ContainerState>> {
  if (names.length === 0) return new Map();
  const { stdout } = await run(['inspect', '--type', 'container', ...names]);
  // It also fails when one of many is missing, and prints the others.
  const found: Inspected[] = stdout.trim() === '' ? [] : JSON.parse(stdout);
  return new Map(found.map((one) => [one.Name.replace(/^\//, ''), toState(one)]));
}

/** The last lines of both outputs. */
export async function logsOf(name: string): Promise<string[]> {
  const { stdout, stderr } = await run(['logs', '--tail', '50', name]);
  return `${stdout}${stderr}`.split('\n').filter(Boolean);
}

interface Inspected {
  readonly Name: string;
  readonly State: { Status: string; ExitCode: number; OOMKilled: boolean; Health?: { Status: string } };
  /** A port that is not published yet has null for its bindings. */
  readonly NetworkSettings: { Ports?: Record<string, { HostPort: string }[] | null> };
}

function toState({ State, NetworkSettings }: Inspected): ContainerState {
  const health = State.Health?.Status;
  const [binding] = Object.values(NetworkSettings.Ports ?? {}).flatMap((each) => each ?? []);
  return {
    status: State.Status,
    exitCode: State.ExitCode,
    isOutOfMemory: State.OOMKilled,
    health: health === 'healthy' ? 'HEALTHY' : health === 'unhealthy' ? 'UNHEALTHY' : undefined,
    port: Number(binding?.HostPort ?? 0),
  };
}

/** Whatever its exit code is. */
function run(words: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile('docker', words, { maxBuffer: 64 * 1024 * 1024 }, (_error, stdout, stderr) =>
      resolve({ stdout, stderr }),
    );
  });
}
