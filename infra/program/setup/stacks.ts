/** The state of the stacks in CloudFormation. */

import { isDeepStrictEqual } from 'node:util';
import {
  type CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateDescribeStackEvents,
  type Stack,
  type StackEvent,
} from '@aws-sdk/client-cloudformation';
import type { Context } from '../core/context.ts';
import type { Synthesis } from './cdk.ts';

/** Undefined when it does not exist. */
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

/** No stack, or one that was never complete. CloudFormation keeps what it has created of it. */
const INCOMPLETE = [undefined, 'REVIEW_IN_PROGRESS', 'CREATE_FAILED', 'UPDATE_FAILED'];

/** Whether a stack was never complete, because it does not exist or its creation failed. */
export async function isIncomplete(client: CloudFormationClient, stack: string): Promise<boolean> {
  return INCOMPLETE.includes((await findStack(client, stack))?.StackStatus);
}

/** What `setup` will do to a stack. */
export async function changeOf(
  client: CloudFormationClient,
  stack: string,
  synthesis: Synthesis,
): Promise<Change> {
  const found = await findStack(client, stack);
  if (found === undefined || found.StackStatus === 'REVIEW_IN_PROGRESS') return 'create';
  // A failed stack has the template of the failed attempt.
  if (!SETTLED.includes(found.StackStatus ?? '')) return 'update';
  if ((found.EnableTerminationProtection ?? false) !== (await synthesis.isProtected(stack))) return 'update';
  const isSame = isDeepStrictEqual(await readTemplate(client, stack), await synthesis.template(stack));
  return isSame ? 'none' : 'update';
}

/** Empty when there is no such stack, or none of its resources exist yet. */
export async function readTemplate(client: CloudFormationClient, stack: string): Promise<object> {
  const found = await findStack(client, stack);
  if (found === undefined || found.StackStatus === 'REVIEW_IN_PROGRESS') return {};
  const { TemplateBody = '{}' } = await client.send(
    new GetTemplateCommand({ StackName: stack, TemplateStage: 'Original' }),
  );
  return JSON.parse(TemplateBody);
}

/** Waits until CloudFormation has finished with a stack, for example after an interrupted run. */
export async function waitUntilSettled({ aws, terminal, pause }: Context, name: string): Promise<void> {
  let isAnnounced = false;
  for (;;) {
    const { StackStatus = '' } = (await findStack(aws.cloudFormation, name)) ?? {};
    if (!StackStatus.endsWith('_IN_PROGRESS') || StackStatus === 'REVIEW_IN_PROGRESS') return;
    if (!isAnnounced) terminal.print(`Waiting for CloudFormation: ${name} is ${StackStatus}`);
    isAnnounced = true;
    await pause();
  }
}

/**
 * Why a stack failed: the resources that failed, without those that were cancelled because of them.
 */
export async function reasonsOf(client: CloudFormationClient, stack: string): Promise<string[]> {
  const found = await findStack(client, stack);
  if (found === undefined) return [];
  const events: StackEvent[] = [];
  // Newest first, until the start of the last operation.
  read: for await (const { StackEvents = [] } of paginateDescribeStackEvents(
    { client },
    { StackName: found.StackId },
  )) {
    for (const event of StackEvents) {
      if (event.ResourceStatusReason === 'User Initiated') break read;
      events.push(event);
    }
  }
  return events
    .filter(({ ResourceStatus = '' }) => ResourceStatus.endsWith('_FAILED'))
    .filter(({ ResourceStatusReason = '' }) => !/cancelled/i.test(ResourceStatusReason))
    .map(
      ({ LogicalResourceId = '', ResourceType = '', ResourceStatusReason = 'no reason given' }) =>
        `${LogicalResourceId} (${ResourceType}): ${ResourceStatusReason}`,
    )
    .reverse();
}

/** Deletes a stack and waits for it. @returns whether it is gone. */
export async function deleteStack(context: Context, name: string): Promise<boolean> {
  await context.aws.cloudFormation.send(new DeleteStackCommand({ StackName: name }));
  await waitUntilSettled(context, name);
  return (await findStack(context.aws.cloudFormation, name)) === undefined;
}
