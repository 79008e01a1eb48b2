/**
 * `setup`: creates or updates the platform as environments.ts declares it. It can be interrupted
 * and repeated.
 */

import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { BUILD_ROLE, releasesTable } from '../../platform/contract.ts';
import { APPLICATION } from '../../platform/environments.ts';
import { SHARED, stacksOf } from '../../platform/platform.ts';
import { explain, identify } from '../core/aws.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { readTaskSettings } from '../release/definitions.ts';
import { withLock } from '../release/lock.ts';
import { findMissingParts, type MissingPart, undefinedIfMissing } from './account-parts.ts';
import { bootstrap, deployStack, type Synthesis, synthesise } from './cdk.ts';
import { type Github, makeChoices, rejectTooFewZones } from './choices.ts';
import { showDifference } from './difference.ts';
import { warnAboutQuotas } from './quotas.ts';
import {
  type Change,
  changeOf,
  findStack,
  isIncomplete,
  outputsOf,
  reasonsOf,
  waitUntilSettled,
} from './stacks.ts';
import { offerTestAlarm } from './test-alarm.ts';
import { showWhatExists } from './what-exists.ts';

export interface SetupOptions {
  readonly github: Github;
  /** Do not ask. */
  readonly yes: boolean;
  /** Take over resources that an earlier `destroy` kept. */
  readonly adopt: boolean;
  /** Accept an environment without a certificate, other than staging. */
  readonly plainHttp: boolean;
  /** Say what to do next. */
  readonly suggestNext: boolean;
}

export async function setUp(context: Context, options: SetupOptions): Promise<void> {
  const { prefix, terminal } = context;
  rejectPlainHttp(context, options);
  await rejectOtherRegion(context);
  const choices = await makeChoices(context, options.github);
  rejectTooFewZones(context, choices);
  await using synthesis = await synthesise(choices);
  const bootstrapChange = await changeOfBootstrap(context, synthesis);
  const missing = await findMissingParts(context);
  terminal.print(`GitHub: ${choices.githubSubject}; zones: ${choices.zones.get(context.name)?.join(', ')}`);
  const hasChanges = await showChanges(context, synthesis, bootstrapChange, missing);
  await warnAboutQuotas(context);
  if (hasChanges && !options.yes && !/^y(es)?$/i.test(await terminal.ask('Continue? [y/N]', '--yes'))) {
    throw new Failure('declined', 'nothing was changed');
  }
  for (const part of missing) await part.make();
  if (bootstrapChange !== 'none' && (await bootstrap(context.identity, synthesis)) !== 0) {
    throw new Failure(
      'stackFailed',
      'cdk bootstrap failed',
      'The cause is above. Fix it, then run the command again.',
    );
  }
  const before = await readTaskSettings(context, 'serve').catch(() => undefined);
  const [base = '', ...others] = stacksOf(prefix);
  // The lock is in the first stack of the environment.
  if (await hasLock(context)) {
    await withLock(context, 'setup', (locked) =>
      deploy(locked, [SHARED, base, ...others], synthesis, options),
    );
  } else {
    await deploy(context, [SHARED, base], synthesis, options);
    await withLock(context, 'setup', (locked) => deploy(locked, others, synthesis, options));
  }
  await showWhatExists(context, options.suggestNext);
  const after = await readTaskSettings(context, 'serve').catch(() => undefined);
  if (before !== undefined && JSON.stringify(before) !== JSON.stringify(after))
    terminal.print('The settings of the tasks have changed. They take effect with the next deploy.');
  await offerTestAlarm(context);
}

/** Creates or updates these stacks, in this order, where they differ from their templates. */
async function deploy(
  context: Context,
  stacks: readonly string[],
  synthesis: Synthesis,
  { adopt }: SetupOptions,
): Promise<void> {
  const { cloudFormation } = context.aws;
  const readOutputs = async (stack: string) =>
    JSON.stringify(outputsOf(await findStack(cloudFormation, stack)));
  // A stack reads the outputs of earlier ones only when it is updated.
  let haveOutputsChanged = false;
  for (const stack of stacks) {
    context.signal.throwIfAborted();
    await waitUntilSettled(context, stack);
    const isSame = (await changeOf(cloudFormation, stack, synthesis)) === 'none';
    if (isSame && !haveOutputsChanged) continue;
    const before = await readOutputs(stack);
    const options = { adopt, force: isSame, isIncomplete: await isIncomplete(cloudFormation, stack) };
    if ((await deployStack(stack, synthesis, options)) !== 0) throw await failureOf(context, stack, options);
    haveOutputsChanged ||= before !== '{}' && before !== (await readOutputs(stack));
  }
}

async function hasLock({ aws, prefix }: Context): Promise<boolean> {
  try {
    await aws.dynamo.send(new DescribeTableCommand({ TableName: releasesTable(prefix) }));
    return true;
  } catch (error) {
    if ((error as Error).name === 'ResourceNotFoundException') return false;
    throw error;
  }
}

/** API keys must not travel in clear text by default, except where nobody's data is. */
function rejectPlainHttp({ name, environment }: Context, { plainHttp }: SetupOptions): void {
  if (name === 'staging' || !('reason' in environment.address) || plainHttp) return;
  throw new Failure(
    'usage',
    `${name} has no certificate, so clients would send their API keys in clear text`,
    'Set `address` in infra/platform/environments.ts, or give --plain-http if that is what you want.',
  );
}

/**
 * A role exists in all regions: without its stack in this region, the platform must be in another
 * one.
 */
async function rejectOtherRegion({ aws, identity }: Context): Promise<void> {
  if ((await findStack(aws.cloudFormation, SHARED)) !== undefined) return;
  const role = await aws.iam.send(new GetRoleCommand({ RoleName: BUILD_ROLE })).catch(undefinedIfMissing);
  if (role === undefined) return;
  throw new Failure(
    'region',
    `this account has ${APPLICATION} in another region: the role ${BUILD_ROLE} exists, but ${identity.region} has no stack ${SHARED}`,
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

/**
 * Prints what will change: every stack, and each resource of those that exist.
 *
 * @returns whether anything will.
 */
async function showChanges(
  context: Context,
  synthesis: Synthesis,
  bootstrapChange: Change,
  missing: readonly MissingPart[],
): Promise<boolean> {
  const { aws, identity, name, prefix, terminal } = context;
  const stacks = await Promise.all(
    [SHARED, ...stacksOf(prefix)].map(
      async (stack) => [stack, await changeOf(aws.cloudFormation, stack, synthesis)] as const,
    ),
  );
  const updated = stacks.filter(([, change]) => change === 'update').map(([stack]) => stack);
  await showDifference(context, updated, synthesis);
  terminal.print(`${name} in account ${identity.account}, region ${identity.region}, as ${identity.arn}`);
  const rows = [
    ...missing.map(({ what, change }) => [what, change] as const),
    ...(bootstrapChange === 'none' ? [] : [['CDKToolkit', bootstrapChange] as const]),
    ...stacks,
  ];
  terminal.table([['stack', 'change'], ...rows]);
  return rows.some(([, change]) => change !== 'none');
}

/** Why a stack was not deployed: the credentials expired, or what CloudFormation reports. */
async function failureOf(
  { aws }: Context,
  stack: string,
  options: { readonly isIncomplete: boolean },
): Promise<Failure> {
  const left = options.isIncomplete
    ? 'What CloudFormation has created stays.'
    : 'CloudFormation has rolled the stack back.';
  try {
    await identify(aws);
    const reasons = await reasonsOf(aws.cloudFormation, stack);
    return new Failure(
      'stackFailed',
      [`the stack ${stack} was not deployed`, ...reasons].join('\n  '),
      `${left} Running tasks were not touched. Fix the cause, then run the command again. It continues where it stopped. If a resource already exists, add --adopt.`,
    );
  } catch (error) {
    const failure = explain(error);
    if (failure !== undefined) return failure;
    throw error;
  }
}
