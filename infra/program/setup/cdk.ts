/** Runs the CDK command line: synthesis, diff, deploy, destroy and bootstrap. */

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { EnvironmentName } from '../../platform/environments.ts';
import type { Live } from '../../platform/live.ts';
import type { Identity } from '../core/aws.ts';
import { Failure } from '../core/exit-codes.ts';

const INFRA = join(import.meta.dirname, '../..');
const BIN = join(INFRA, 'node_modules/.bin');

/** The synthesised stacks, in a temporary folder that is removed when the command ends. */
export interface Synthesis extends AsyncDisposable {
  readonly folder: string;
  /** The template of a stack, as CloudFormation gets it. */
  template(stack: string): Promise<object>;
  /** Whether the stack has termination protection, which is not part of its template. */
  isProtected(stack: string): Promise<boolean>;
  /** The minimum version of the CDKToolkit stack that this stack requires. */
  bootstrapVersion(stack: string): Promise<number>;
}

/** Throws {@link Failure} `refused` when the platform breaks a rule; CDK has printed which one. */
export async function synthesise(
  githubRepository: string,
  live: ReadonlyMap<EnvironmentName, Live>,
): Promise<Synthesis> {
  const folder = await mkdtemp(join(tmpdir(), 'cars-api-platform-'));
  const context = [...live].flatMap(([name, { digest = '', tasks }]) => [
    '--context',
    `live.${name}=${digest},${tasks}`,
  ]);
  const code = await cdk([
    'synth',
    '--quiet',
    '--output',
    folder,
    '--context',
    `github=${githubRepository}`,
    ...context,
  ]);
  const remove = () => rm(folder, { recursive: true, force: true });
  if (code !== 0) {
    await remove();
    throw new Failure('refused', 'the platform cannot be synthesised', 'See above. Nothing was changed.');
  }
  const read = async (file: string) => JSON.parse(await readFile(join(folder, file), 'utf8'));
  const propertiesOf = async (stack: string) => (await read('manifest.json')).artifacts[stack].properties;
  return {
    folder,
    template: (stack) => read(`${stack}.template.json`),
    isProtected: async (stack) => (await propertiesOf(stack)).terminationProtection === true,
    bootstrapVersion: async (stack) => (await propertiesOf(stack)).requiresBootstrapStackVersion ?? 0,
    [Symbol.asyncDispose]: remove,
  };
}

/** Creates or updates a stack. */
export async function deployStack(
  stack: string,
  { folder }: Synthesis,
  { adopt }: { adopt: boolean },
): Promise<number> {
  return cdk([
    'deploy',
    stack,
    '--app',
    folder,
    '--exclusively',
    '--require-approval',
    'never',
    '--progress',
    'events',
    ...(adopt ? ['--import-existing-resources'] : []),
  ]);
}

export function destroyStack(stack: string, { folder }: Synthesis): Promise<number> {
  return cdk(['destroy', stack, '--app', folder, '--exclusively', '--force']);
}

/** Prints what `setup` would change. */
export function showDifference(stacks: readonly string[], { folder }: Synthesis): Promise<number> {
  return cdk(['diff', ...stacks, '--app', folder, '--exclusively']);
}

/** Creates the bucket and the roles that CDK needs, once per account and region. */
export function bootstrap({ account, region }: Identity, { folder }: Synthesis): Promise<number> {
  return cdk(['bootstrap', `aws://${account}/${region}`, '--app', folder]);
}

/** @returns the exit code. */
function cdk(args: readonly string[]): Promise<number> {
  // Its output goes to stderr, because stdout is for the result of our command.
  const child = spawn(process.execPath, [join(BIN, 'cdk'), ...args], {
    cwd: INFRA,
    env: {
      ...process.env,
      // CDK runs platform/app.ts with the first `node` in PATH.
      PATH: `${BIN}${delimiter}${process.env['PATH'] ?? ''}`,
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CI: 'false',
    },
    stdio: ['ignore', process.stderr, process.stderr],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
