/** The `docker` command line, as a user types it. */

import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs `docker …` and answers what it printed; throws with its words when it fails. */
export async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args, { maxBuffer: 64 * 1024 * 1024 })).stdout.trim();
}

/** `docker compose` in a project of its own, so that tests touch nothing that a developer runs. */
export function composeProject(project: string, env: Record<string, string>) {
  const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
  return async (...args: string[]): Promise<string> =>
    (
      await run('docker', ['compose', '--project-name', project, '--profile', 'scale', ...args], options)
    ).stdout.trim();
}

/** Fails the suite, and says what to do, where there is no engine: nothing is skipped. */
export function requireEngine(): void {
  const { status, stderr } = spawnSync('docker', ['version'], { encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`these tests need a Docker engine: install Docker, or start it (${stderr.trim()})`);
}

/** The exit code of a container that has ended. */
export async function exitCode(container: string): Promise<number> {
  return Number(await docker('inspect', container, '--format', '{{.State.ExitCode}}'));
}
