/** The stacks of an environment, in the order in which they stand on one another, and what CloudFormation has of them. */

import { isDeepStrictEqual } from 'node:util';
import {
  type CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { SHARED } from '../../platform/platform.ts';
import type { Context } from '../core/context.ts';
import type { Synthesis } from './cdk.ts';

/** Needed before anything else may work on the environment: they bring the lock. */
export function firstStacks(prefix: string): string[] {
  return [SHARED, `${prefix}-releases`];
}

export function otherStacks(prefix: string): string[] {
  return ['network', 'data', 'alerts', 'service', 'watching', 'delivery'].map((kind) => `${prefix}-${kind}`);
}

/** Undefined when there is none. */
export async function findStack(client: CloudFormationClient, name: string): Promise<Stack | undefined> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    return Stacks[0];
  } catch (error) {
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message))
      return;
    throw error;
  }
}

export function outputsOf(stack: Stack | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
}

export type Change = 'create' | 'update' | 'none';

const SETTLED = ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'IMPORT_COMPLETE'];

/** What `setup` will do to a stack. */
export async function changeOf(
  client: CloudFormationClient,
  stack: string,
  synthesis: Synthesis,
): Promise<Change> {
  const found = await findStack(client, stack);
  if (found === undefined || found.StackStatus === 'REVIEW_IN_PROGRESS') return 'create';
  // A stack that failed has the template of what was tried.
  if (!SETTLED.includes(found.StackStatus ?? '')) return 'update';
  if ((found.EnableTerminationProtection ?? false) !== (await synthesis.isProtected(stack))) return 'update';
  const { TemplateBody = '{}' } = await client.send(
    new GetTemplateCommand({ StackName: stack, TemplateStage: 'Original' }),
  );
  return isDeepStrictEqual(JSON.parse(TemplateBody), await synthesis.template(stack)) ? 'none' : 'update';
}

/** Waits for what CloudFormation is still doing to a stack, as after a run that was interrupted. */
export async function untilSettled({ aws, terminal, pause }: Context, name: string): Promise<void> {
  let told = false;
  for (;;) {
    const { StackStatus = '' } = (await findStack(aws.cloudFormation, name)) ?? {};
    if (!StackStatus.endsWith('_IN_PROGRESS') || StackStatus === 'REVIEW_IN_PROGRESS') return;
    if (!told) terminal.say(`${name} is ${StackStatus}: waiting for CloudFormation`);
    told = true;
    await pause();
  }
}

/** Why a stack failed: the resources that did so of themselves, not those that were cancelled for it. */
export async function reasonsOf(client: CloudFormationClient, stack: string): Promise<string[]> {
  const found = await findStack(client, stack);
  if (found === undefined) return [];
  const { StackEvents = [] } = await client.send(
    new DescribeStackEventsCommand({ StackName: found.StackId }),
  );
  const lastStart = StackEvents.findIndex(
    ({ ResourceStatusReason }) => ResourceStatusReason === 'User Initiated',
  );
  return StackEvents.slice(0, lastStart === -1 ? undefined : lastStart)
    .filter(({ ResourceStatus = '' }) => ResourceStatus.endsWith('_FAILED'))
    .filter(({ ResourceStatusReason = '' }) => !/cancelled/i.test(ResourceStatusReason))
    .map(
      ({ LogicalResourceId = '', ResourceType = '', ResourceStatusReason = 'no reason given' }) =>
        `${LogicalResourceId} (${ResourceType}): ${ResourceStatusReason}`,
    )
    .reverse();
}
