/** Runs `infra/aws-deploy.sh` as a person would, against an AWS of the test. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const INFRA = join(import.meta.dirname, '../..');

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly url: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The folder of infra/; by default the real one. */
  readonly infra?: string;
  /** Called when it has started, to send it signals. */
  readonly onStart?: (signal: (name: NodeJS.Signals) => void) => Promise<void>;
}

/** The program's environment variables: the address of AWS, and keys that nobody checks. */
export function programEnvironment(url: string): Readonly<Record<string, string>> {
  return {
    PATH: process.env['PATH'] ?? '',
    TMPDIR: process.env['TMPDIR'] ?? '/tmp',
    HOME: '/nonexistent',
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_DEPLOY_POLL_SECONDS: '0.02',
    GITHUB_REPOSITORY: 'example/cars-api',
    NO_COLOR: '1',
    // It takes four fifths of a synthesis. rules.test.ts validates the templates.
    CDK_VALIDATION: 'false',
  };
}

export async function runProgram(
  words: readonly string[],
  { url, environment = {}, infra = INFRA, onStart }: RunOptions,
): Promise<Run> {
  const child = spawn('bash', [join(infra, 'aws-deploy.sh'), ...words], {
    env: { ...programEnvironment(url), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group, so that a signal reaches all of it, like Ctrl-C in a terminal.
    detached: true,
  });
  void onStart?.((name) => process.kill(-(child.pid ?? 0), name));
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('exit', resolve)),
  ]);
  return { code, stdout, stderr };
}
