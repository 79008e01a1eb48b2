/** The program of this repository, run as a person runs it, with the local account in the place of AWS. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { EnvironmentName } from '../platform/environments.ts';

export interface Run {
  readonly code: number;
  readonly stdout: string;
  /** Both of its outputs. */
  readonly printed: string;
  readonly seconds: number;
}

export interface Program {
  /** @param tag IMAGE_TAG, where the command deploys. */
  run(command: readonly string[], tag?: string): Promise<Run>;
  /** Of the image that is live; `nothing` before the first release. */
  liveTag(): Promise<string>;
}

/** @param url of the local account. */
export function programAgainst(url: string, environment: EnvironmentName): Program {
  const script = join(import.meta.dirname, '../aws-deploy.sh');

  async function run(command: readonly string[], tag?: string): Promise<Run> {
    const begun = performance.now();
    const child = spawn('bash', [script, '--environment', environment, ...command], {
      env: {
        ...process.env,
        ...(tag !== undefined && { IMAGE_TAG: tag }),
        AWS_ENDPOINT_URL: url,
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'rehearsal',
        AWS_SECRET_ACCESS_KEY: 'rehearsal',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? 1))),
    ]);
    return { code, stdout, printed: stdout + stderr, seconds: (performance.now() - begun) / 1000 };
  }

  return {
    run,
    async liveTag() {
      const { stdout } = await run(['status', '--json']);
      return JSON.parse(stdout).tag ?? 'nothing';
    },
  };
}
