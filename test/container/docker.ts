/** Runs `docker` commands. */

import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs `docker …` and returns its output. Throws when it fails. */
export async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args, { maxBuffer: 64 * 1024 * 1024 })).stdout.trim();
}

/** Returns `docker compose` for a separate project, so that tests do not touch a developer's containers. */
export function composeProject(project: string, env: Record<string, string>) {
  const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
  return async (...args: string[]): Promise<string> =>
    (
      await run('docker', ['compose', '--project-name', project, '--profile', 'scale', ...args], options)
    ).stdout.trim();
}

/** Throws an error that says what to do when there is no Docker engine. */
export function requireEngine(): void {
  const { status, stderr } = spawnSync('docker', ['version'], { encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`these tests need a Docker engine: install Docker, or start it (${stderr.trim()})`);
}

/** Returns the exit code of a stopped container. */
export async function exitCode(container: string): Promise<number> {
  return Number(await docker('inspect', container, '--format', '{{.State.ExitCode}}'));
}
