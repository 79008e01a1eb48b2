/** Runs the docker command line. */

import { execFile } from 'node:child_process';

/** @returns what docker printed; throws with its message when it fails. */
export async function docker(...args: string[]): Promise<string> {
  const { error, stdout } = await tryDocker(...args);
  if (error !== null) throw error;
  return stdout.trim();
}

/** @returns what docker printed, also when it fails. */
export function tryDocker(
  ...args: string[]
): Promise<{ readonly error: Error | null; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile('docker', args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      resolve({ error, stdout, stderr }),
    );
  });
}
