/** Runs infra/aws-deploy.sh as a person does, against the local account. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { EnvironmentName } from '../platform/environments.ts';
import { REGION } from './ecs/local-platform.ts';

export interface Run {
  readonly code: number;
  readonly stdout: string;
  /** stdout and stderr. */
  readonly printed: string;
  readonly seconds: number;
}

export interface Program {
  /** @param tag IMAGE_TAG, for commands that deploy. */
  run(command: readonly string[], tag?: string): Promise<Run>;
  /** The tag of the live image; `nothing` before the first release. */
  liveTag(): Promise<string>;
}

/**
 * The environment variables of a program that must reach only the local account.
 *
 * @param own those of the user, whose profile or other endpoints would win over ours.
 */
export function environmentFor(url: string, own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(own).filter(([name]) => !name.startsWith('AWS_'));
  return {
    ...Object.fromEntries(others),
    AWS_ENDPOINT_URL: url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'rehearsal',
    AWS_SECRET_ACCESS_KEY: 'rehearsal',
  };
}

/** @param url of the local account. */
export function programAgainst(url: string, environment: EnvironmentName): Program {
  const script = join(import.meta.dirname, '../aws-deploy.sh');

  async function run(command: readonly string[], tag?: string): Promise<Run> {
    const start = performance.now();
    const child = spawn('bash', [script, '--environment', environment, ...command], {
      env: { ...environmentFor(url, process.env), ...(tag !== undefined && { IMAGE_TAG: tag }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? 1))),
    ]);
    return { code, stdout, printed: stdout + stderr, seconds: (performance.now() - start) / 1000 };
  }

  return {
    run,
    async liveTag() {
      const { stdout } = await run(['status', '--json']);
      return stdout === '' ? 'nothing' : (JSON.parse(stdout).tag ?? 'nothing');
    },
  };
}
