/** `setup`: from whatever is there to what environments.ts says. It may be stopped anywhere and repeated. */

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
  untilSettled,
} from './stacks.ts';
import { tellWhatExists } from './what-exists.ts';

export interface SetupOptions {
  /** `owner/name` on GitHub. */
  readonly githubRepository: string;
  /** Not to ask. */
  readonly yes: boolean;
  /** Take over what an earlier `destroy` has kept. */
  readonly adopt: boolean;
}

export async function setUp(context: Context, options: SetupOptions): Promise<void> {
  const { aws, terminal, prefix, signal } = context;
  await refuseOtherRegion(context);
  const shown = await synthesise(options.githubRepository, await readLive(aws));
  const bootstrapChange = await changeOfBootstrap(context, shown);
  await tellWhatWillHappen(context, shown, bootstrapChange);
  if (!options.yes && !/^y(es)?$/i.test(await terminal.ask('Go on? [y/N]'))) {
    throw new Failure('declined', 'nothing was changed');
  }
  if (bootstrapChange !== 'none' && (await bootstrap(context.identity, shown)) !== 0) {
    throw new Failure('stackFailed', 'CDK could not be bootstrapped', 'See above, then repeat the command.');
  }
  const deploy = async (stacks: readonly string[], synthesis: Synthesis) => {
    for (const stack of stacks) {
      signal.throwIfAborted();
      await untilSettled(context, stack);
      if ((await changeOf(aws.cloudFormation, stack, synthesis)) === 'none') continue;
      if ((await deployStack(stack, synthesis, options)) !== 0) throw await failureOf(context, stack);
    }
  };
  await deploy(firstStacks(prefix), shown);
  await withLock(context, 'setup', async () => {
    // Read again now that no release can change it any more.
    const synthesis = await synthesise(options.githubRepository, await readLive(aws));
    await deploy(otherStacks(prefix), synthesis);
  });
  await tellWhatExists(context);
}

/** Roles have one name in all regions: found without its stack here, the platform is in another one. */
async function refuseOtherRegion({ aws, identity }: Context): Promise<void> {
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
    `this account has cars-api in another region: the role cars-api-build exists, and no stack ${SHARED} in ${identity.region}`,
    'Choose that region (AWS_REGION), or another account.',
  );
}

/** CDK's own stack is made where it is missing, and renewed where it is older than what the platform needs. */
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

async function tellWhatWillHappen(
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
  terminal.say(`${name} in account ${identity.account}, region ${identity.region}, as ${identity.arn}`);
  terminal.table([
    ['stack', 'change'],
    ...(bootstrapChange === 'none' ? [] : [['CDKToolkit', bootstrapChange]]),
    ...rows,
  ]);
}

/** Why a stack was not deployed: credentials that ran out on the way, or what CloudFormation says. */
async function failureOf({ aws }: Context, stack: string): Promise<Failure> {
  try {
    await identify(aws);
    const reasons = await reasonsOf(aws.cloudFormation, stack);
    return new Failure(
      'stackFailed',
      [`the stack ${stack} was not deployed`, ...reasons].join('\n  '),
      'CloudFormation has put it back to what it was. Mend the reason and repeat the command; it goes on there.',
    );
  } catch (error) {
    const failure = explain(error);
    if (failure !== undefined) return failure;
    throw error;
  }
}
