/** Synthesises the platform, and runs the CDK command line: deploy and bootstrap. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { EnvironmentName } from '../../platform/environments.ts';
import type { Identity } from '../core/aws.ts';
import { Failure } from '../core/exit-codes.ts';
import { runTool } from '../core/tool.ts';

const INFRA = join(import.meta.dirname, '../..');
const BIN = join(INFRA, 'node_modules/.bin');

/** What the templates need to know besides environments.ts. */
export interface Choices {
  /** The start of the subject of the repository's OIDC tokens, as `repo:owner@1/name@2`. */
  readonly githubSubject: string;
  readonly zones: ReadonlyMap<EnvironmentName, readonly string[]>;
}

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
export async function synthesise({ githubSubject, zones }: Choices): Promise<Synthesis> {
  const folder = await mkdtemp(join(tmpdir(), 'cars-api-platform-'));
  const { context } = JSON.parse(await readFile(join(INFRA, 'cdk.json'), 'utf8'));
  for (const [name, each] of zones) context[`zones.${name}`] = each.join(',');
  context['github.subject'] = githubSubject;
  // As the CDK command line runs it, which takes three times as long.
  const code = await run([join(INFRA, 'platform/app.ts')], {
    CDK_OUTDIR: folder,
    CDK_CONTEXT_JSON: JSON.stringify(context),
  });
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

/**
 * Creates or updates a stack.
 *
 * @param force also when its template is unchanged, because a value of another stack has changed.
 * @param isIncomplete when it was never complete. A failure then keeps what was created, so that the
 * next try continues: CloudFormation could not delete a protected database, nor a protected stack.
 */
export async function deployStack(
  stack: string,
  { folder }: Synthesis,
  options: { readonly adopt: boolean; readonly force: boolean; readonly isIncomplete: boolean },
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
    ...(options.force ? ['--force'] : []),
    ...(options.adopt ? ['--import-existing-resources'] : []),
    ...(options.isIncomplete ? ['--no-rollback'] : []),
  ]);
}

/** Creates the bucket and the roles that CDK needs, once per account and region. */
export function bootstrap({ account, region }: Identity, { folder }: Synthesis): Promise<number> {
  return cdk(['bootstrap', `aws://${account}/${region}`, '--app', folder]);
}

/** Runs the CDK command line. @returns the exit code. */
function cdk(args: readonly string[]): Promise<number> {
  return run([join(BIN, 'cdk'), ...args, '--no-notices', '--no-version-reporting'], {});
}

/** Runs a script of Node. */
function run(script: readonly string[], environment: Readonly<Record<string, string>>): Promise<number> {
  return runTool(process.execPath, script, {
    cwd: INFRA,
    env: {
      ...process.env,
      // CDK runs platform/app.ts with the first `node` in PATH.
      PATH: `${BIN}${delimiter}${process.env['PATH'] ?? ''}`,
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CI: 'false',
      ...environment,
    },
  });
}
