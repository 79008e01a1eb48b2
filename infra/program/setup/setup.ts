/**
 * `setup`: creates or updates the platform as environments.ts declares it. It can be interrupted
 * and repeated.
 */

import { isDeepStrictEqual } from 'node:util';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { SHARED } from '../../platform/platform.ts';
import { explain, identify } from '../core/aws.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { withLock } from '../release/lock.ts';
import { bootstrap, deployStack, type Synthesis, synthesise } from './cdk.ts';
import { readLive } from './read-live.ts';
import {
  type Change,
  changeOf,
  findStack,
  firstStacks,
  otherStacks,
  reasonsOf,
  waitUntilSettled,
} from './stacks.ts';
import { showWhatExists } from './what-exists.ts';

export interface SetupOptions {
  /** `owner/name` on GitHub. */
  readonly githubRepository: string;
  /** Do not ask. */
  readonly yes: boolean;
  /** Take over resources that an earlier `destroy` kept. */
  readonly adopt: boolean;
}

export async function setUp(context: Context, options: SetupOptions): Promise<void> {
  const { aws, terminal, prefix, signal } = context;
  await rejectOtherRegion(context);
  const live = await readLive(aws);
  await using shown = await synthesise(options.githubRepository, live);
  const bootstrapChange = await changeOfBootstrap(context, shown);
  await showChanges(context, shown, bootstrapChange);
  if (!options.yes && !/^y(es)?$/i.test(await terminal.ask('Continue? [y/N]'))) {
    throw new Failure('declined', 'nothing was changed');
  }
  if (bootstrapChange !== 'none' && (await bootstrap(context.identity, shown)) !== 0) {
    throw new Failure('stackFailed', 'cdk bootstrap failed', 'See above, then repeat the command.');
  }
  const deploy = async (stacks: readonly string[], synthesis: Synthesis) => {
    for (const stack of stacks) {
      signal.throwIfAborted();
      await waitUntilSettled(context, stack);
      if ((await changeOf(aws.cloudFormation, stack, synthesis)) === 'none') continue;
      if ((await deployStack(stack, synthesis, options)) !== 0) throw await failureOf(context, stack);
    }
  };
  await deploy(firstStacks(prefix), shown);
  await withLock(context, 'setup', async () => {
    // Read again, now that no release can change it.
    const current = await readLive(aws);
    if (isDeepStrictEqual(current, live)) return deploy(otherStacks(prefix), shown);
    await using synthesis = await synthesise(options.githubRepository, current);
    return deploy(otherStacks(prefix), synthesis);
  });
  await showWhatExists(context);
}

/**
 * A role exists in all regions: without its stack in this region, the platform must be in another
 * one.
 */
async function rejectOtherRegion({ aws, identity }: Context): Promise<void> {
  if ((await findStack(aws.cloudFormation, SHARED)) !== undefined) return;
  const role = await aws.iam
    .send(new GetRoleCommand({ RoleName: 'cars-api-build' }))
    .catch((error: Error) => {
      if (error.name === 'NoSuchEntityException' || error.name === 'NoSuchEntity') return undefined;
      throw error;
    });
  if (role === undefined) return;
  throw new Failure(
    'region',
    `this account has cars-api in another region: the role cars-api-build exists, but ${identity.region} has no stack ${SHARED}`,
    'Use that region (AWS_REGION) or another account.',
  );
}

/**
 * The CDKToolkit stack is created if it is missing, and updated if it is older than the platform
 * requires.
 */
async function changeOfBootstrap({ aws }: Context, synthesis: Synthesis): Promise<Change> {
  try {
    const { Parameter } = await aws.ssm.send(
      new GetParameterCommand({ Name: '/cdk-bootstrap/hnb659fds/version' }),
    );
    return Number(Parameter?.Value) < (await synthesis.bootstrapVersion(SHARED)) ? 'update' : 'none';
  } catch (error) {
    if (error instanceof Error && error.name === 'ParameterNotFound') return 'create';
    throw error;
  }
}

async function showChanges(
  { aws, identity, name, prefix, terminal }: Context,
  synthesis: Synthesis,
  bootstrapChange: Change,
): Promise<void> {
  const rows = await Promise.all(
    [...firstStacks(prefix), ...otherStacks(prefix)].map(async (stack) => [
      stack,
      await changeOf(aws.cloudFormation, stack, synthesis),
    ]),
  );
  terminal.print(`${name} in account ${identity.account}, region ${identity.region}, as ${identity.arn}`);
  terminal.table([
    ['stack', 'change'],
    ...(bootstrapChange === 'none' ? [] : [['CDKToolkit', bootstrapChange]]),
    ...rows,
  ]);
}

/** Why a stack was not deployed: the credentials expired, or what CloudFormation reports. */
async function failureOf({ aws }: Context, stack: string): Promise<Failure> {
  try {
    await identify(aws);
    const reasons = await reasonsOf(aws.cloudFormation, stack);
    return new Failure(
      'stackFailed',
      [`the stack ${stack} was not deployed`, ...reasons].join('\n  '),
      'CloudFormation has rolled the stack back. Fix the cause and repeat the command. It continues there.',
    );
  } catch (error) {
    const failure = explain(error);
    if (failure !== undefined) return failure;
    throw error;
  }
}
