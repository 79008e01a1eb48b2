/** The CDK command line, which turns the declared platform into CloudFormation's stacks. */

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { EnvironmentName } from '../../platform/environments.ts';
import type { Live } from '../../platform/live.ts';
import type { Identity } from '../core/aws.ts';
import { Failure } from '../core/exit-codes.ts';

const INFRA = join(import.meta.dirname, '../..');
const BIN = join(INFRA, 'node_modules/.bin');

/** Where the synthesised stacks are. */
export interface Synthesis {
  readonly folder: string;
  /** A stack's template, as CloudFormation will get it. */
  template(stack: string): Promise<object>;
  /** Whether the stack is to be protected from deletion, which no template says. */
  isProtected(stack: string): Promise<boolean>;
  /** The least version of CDK's own stack that this one can be deployed with. */
  bootstrapVersion(stack: string): Promise<number>;
}

/** Throws {@link Failure} `refused` when the platform is not what its own rules allow; CDK has said why by then. */
export async function synthesise(
  githubRepository: string,
  live: ReadonlyMap<EnvironmentName, Live>,
): Promise<Synthesis> {
  const folder = await mkdtemp(join(tmpdir(), 'cars-api-platform-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const context = [...live].flatMap(([name, { digest = '', tasks }]) => [
    '--context',
    `live.${name}=${digest},${tasks}`,
  ]);
  const code = await cdk([
    'synth',
    // Without a template to print, and so without the list of those that could be.
    '--quiet',
    '--output',
    folder,
    '--context',
    `github=${githubRepository}`,
    ...context,
  ]);
  if (code !== 0)
    throw new Failure('refused', 'the platform cannot be synthesised', 'See above; nothing was changed.');
  const read = async (file: string) => JSON.parse(await readFile(join(folder, file), 'utf8'));
  const propertiesOf = async (stack: string) => (await read('manifest.json')).artifacts[stack].properties;
  return {
    folder,
    template: (stack) => read(`${stack}.template.json`),
    isProtected: async (stack) => (await propertiesOf(stack)).terminationProtection === true,
    bootstrapVersion: async (stack) => (await propertiesOf(stack)).requiresBootstrapStackVersion ?? 0,
  };
}

/** Makes a stack what its template says; nothing happens when it is. */
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

/** The bucket and the roles that CDK itself needs, once for each account and region. */
export function bootstrap({ account, region }: Identity, { folder }: Synthesis): Promise<number> {
  return cdk(['bootstrap', `aws://${account}/${region}`, '--app', folder]);
}

/** @returns its exit code; its output goes where ours goes. */
function cdk(args: readonly string[]): Promise<number> {
  // Its words go to stderr, so that a command's own result stays alone on stdout.
  const child = spawn(process.execPath, [join(BIN, 'cdk'), ...args], {
    cwd: INFRA,
    env: {
      ...process.env,
      // It runs app.ts with the first `node` it finds.
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
