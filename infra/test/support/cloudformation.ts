/**
 * A stand-in for CloudFormation, written from its API reference (version 2010-05-15). It keeps
 * stacks, change sets, events and outputs, and goes through the documented states, but creates no
 * resources. So it tests the program, not the platform.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/
 */

import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { AwsError, type Document, type Handler } from '../../rehearsal/ecs/handler.ts';

interface Stack {
  readonly name: string;
  readonly id: string;
  status: string;
  template: Document;
  tags: Document[];
  isProtected: boolean;
  events: Document[];
}

interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly stack: Stack;
  readonly isNew: boolean;
  readonly template: Document;
  readonly tags: Document[];
}

export interface CloudFormation {
  readonly handler: Handler;
  /** By name, without deleted ones. */
  readonly stacks: ReadonlyMap<string, Stack>;
  /** Each operation on a stack, in order: `create cars-api-network`. */
  readonly done: string[];
  /** Makes the next operation on a stack fail because of this resource. */
  failNext(stack: string, why: { resource: string; type: string; reason: string }): void;
  /** How many milliseconds an operation on a stack takes; with 0, its request waits for it. */
  duration: number;
}

const isEmpty = (template: Document) => Object.keys(template).length === 0;

/**
 * @param isElsewhere whether another server keeps this stack; requests about it are forwarded.
 * @param readTemplate fetches a template from its URL.
 * @param make creates or deletes resources that must really exist, before the operation completes.
 */
export function createCloudFormation(
  isElsewhere: (stack: string) => boolean,
  readTemplate: (url: string) => Promise<Document>,
  make: (template: Document, verb: 'CREATE' | 'UPDATE' | 'DELETE') => Promise<void>,
): CloudFormation {
  const stacks = new Map<string, Stack>();
  const changeSets = new Map<string, ChangeSet>();
  const deleted: Stack[] = [];
  const failures = new Map<string, { resource: string; type: string; reason: string }>();
  const done: string[] = [];

  const find = (nameOrId: string): Stack => {
    const stack = stacks.get(nameOrId) ?? [...stacks.values(), ...deleted].find(({ id }) => id === nameOrId);
    if (stack === undefined)
      throw new AwsError('ValidationError', `Stack with id ${nameOrId} does not exist`);
    return stack;
  };

  const note = (
    stack: Stack,
    status: string,
    resource = stack.name,
    type = 'AWS::CloudFormation::Stack',
    reason = '',
  ) => {
    stack.events.unshift({
      StackId: stack.id,
      StackName: stack.name,
      EventId: randomUUID(),
      LogicalResourceId: resource,
      PhysicalResourceId: type === 'AWS::CloudFormation::Stack' ? stack.id : '',
      ResourceType: type,
      ResourceStatus: status,
      Timestamp: new Date(),
      ...(reason && { ResourceStatusReason: reason }),
    });
    if (type === 'AWS::CloudFormation::Stack') stack.status = status;
  };

  /** Goes through the documented states of an operation. */
  const operate = (
    stack: Stack,
    verb: 'CREATE' | 'UPDATE' | 'DELETE',
    template: Document,
    finish: () => void,
    rollsBack = true,
  ): Promise<void> => {
    done.push(`${verb.toLowerCase()} ${stack.name}`);
    note(stack, `${verb}_IN_PROGRESS`, stack.name, undefined, 'User Initiated');
    const complete = async () => {
      const failure = failures.get(stack.name);
      failures.delete(stack.name);
      if (failure === undefined) {
        // What a failed creation has left does not exist here.
        await make(template, verb === 'UPDATE' && isEmpty(stack.template) ? 'CREATE' : verb);
        finish();
        note(stack, `${verb}_COMPLETE`);
        return;
      }
      note(stack, `${verb}_FAILED`, failure.resource, failure.type, failure.reason);
      if (verb === 'DELETE' || !rollsBack) note(stack, `${verb}_FAILED`);
      else note(stack, verb === 'CREATE' ? 'ROLLBACK_COMPLETE' : 'UPDATE_ROLLBACK_COMPLETE');
    };
    // CDK polls only every five seconds, so the request itself waits.
    if (self.duration === 0) return complete();
    setTimeout(complete, self.duration);
    return Promise.resolve();
  };

  /** Every output of another stack that a template reads must exist. */
  function checkReads(template: Document): void {
    const reads = JSON.stringify(template).matchAll(
      /"Fn::GetStackOutput":\{"StackName":"([^"]*)",.*?"OutputName":"([^"]*)"/g,
    );
    for (const [, stack = '', output = ''] of reads) {
      if (stacks.get(stack)?.template['Outputs']?.[output] === undefined)
        throw new AwsError('ValidationError', `Stack ${stack} has no output ${output}.`);
    }
  }

  const describe = (stack: Stack): Document => ({
    StackName: stack.name,
    StackId: stack.id,
    CreationTime: new Date(),
    StackStatus: stack.status,
    EnableTerminationProtection: stack.isProtected,
    Tags: stack.tags,
    Capabilities: [],
    NotificationARNs: [],
    Parameters: [],
    Outputs: Object.entries<Document>(stack.template['Outputs'] ?? {}).map(([OutputKey, { Value }]) => ({
      OutputKey,
      OutputValue: typeof Value === 'string' ? Value : `value-of-${OutputKey}`,
    })),
  });

  const actions: Record<string, (input: Document) => Promise<Document> | Document> = {
    DescribeStacks: ({ StackName }) => ({ Stacks: [describe(find(StackName))] }),
    GetTemplate: ({ StackName }) => ({ TemplateBody: JSON.stringify(find(StackName).template) }),
    GetTemplateSummary: () => ({ Parameters: [] }),
    ListStackResources: ({ StackName }) => ({
      StackResourceSummaries: Object.entries<Document>(find(StackName).template['Resources'] ?? {}).map(
        ([LogicalResourceId, { Type }]) => ({
          LogicalResourceId,
          PhysicalResourceId: LogicalResourceId,
          ResourceType: Type,
          ResourceStatus: 'CREATE_COMPLETE',
        }),
      ),
    }),
    DescribeStackEvents: ({ StackName }) => ({ StackEvents: find(StackName).events }),
    DescribeEvents: () => ({ OperationEvents: [] }),
    UpdateTerminationProtection: ({ StackName, EnableTerminationProtection }) => {
      const stack = find(StackName);
      stack.isProtected = EnableTerminationProtection === 'true';
      return { StackId: stack.id };
    },
    async CreateChangeSet({ StackName, ChangeSetName, ChangeSetType, TemplateURL, TemplateBody, Tags }) {
      const template = TemplateBody ? JSON.parse(TemplateBody) : await readTemplate(TemplateURL);
      checkReads(template);
      const isNew = ChangeSetType === 'CREATE';
      if (isNew && !stacks.has(StackName)) {
        const id = `arn:aws:cloudformation:eu-central-1:123456789012:stack/${StackName}/${randomUUID()}`;
        stacks.set(StackName, {
          name: StackName,
          id,
          status: 'REVIEW_IN_PROGRESS',
          template: {},
          tags: Tags ?? [],
          isProtected: false,
          events: [],
        });
      }
      const stack = find(StackName);
      if (stack.status.startsWith('ROLLBACK_'))
        throw new AwsError(
          'ValidationError',
          `Stack:${stack.id} is in ${stack.status} state and can not be updated.`,
        );
      if (stack.status.endsWith('_IN_PROGRESS') && stack.status !== 'REVIEW_IN_PROGRESS') {
        throw new AwsError(
          'ValidationError',
          `Stack:${stack.id} is in ${stack.status} state and can not be updated.`,
        );
      }
      const id = `arn:aws:cloudformation:eu-central-1:123456789012:changeSet/${ChangeSetName}/${randomUUID()}`;
      changeSets.set(id, { id, name: ChangeSetName, stack, isNew, template, tags: Tags ?? [] });
      return { Id: id, StackId: stack.id };
    },
    DescribeChangeSet: ({ ChangeSetName, StackName }) => {
      const set = getChangeSet(ChangeSetName, StackName);
      const isEmpty = !set.isNew && isDeepStrictEqual(set.template, set.stack.template);
      return {
        ChangeSetName: set.name,
        ChangeSetId: set.id,
        StackId: set.stack.id,
        StackName: set.stack.name,
        CreationTime: new Date(),
        ExecutionStatus: isEmpty ? 'UNAVAILABLE' : 'AVAILABLE',
        Status: isEmpty ? 'FAILED' : 'CREATE_COMPLETE',
        StatusReason: isEmpty ? "The submitted information didn't contain changes." : undefined,
        Changes: isEmpty
          ? []
          : [{ Type: 'Resource', ResourceChange: { Action: 'Modify', LogicalResourceId: 'X' } }],
      };
    },
    // A missing change set is no error: CDK deletes the one of an earlier run first.
    DeleteChangeSet: ({ ChangeSetName, StackName }) => {
      const { id } = findChangeSet(ChangeSetName, StackName) ?? {};
      if (id !== undefined) changeSets.delete(id);
      return {};
    },
    async ExecuteChangeSet({ ChangeSetName, StackName, DisableRollback }) {
      const { stack, isNew, template, tags } = getChangeSet(ChangeSetName, StackName);
      // Executing one change set invalidates the others.
      forgetChangeSets(stack);
      const finish = () => Object.assign(stack, { template, tags });
      await operate(stack, isNew ? 'CREATE' : 'UPDATE', template, finish, DisableRollback !== 'true');
      return {};
    },
    async DeleteStack({ StackName }) {
      const stack = find(StackName);
      if (stack.isProtected)
        throw new AwsError(
          'ValidationError',
          `Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`,
        );
      await operate(stack, 'DELETE', stack.template, () => {
        stacks.delete(stack.name);
        forgetChangeSets(stack);
        deleted.push(stack);
      });
      return {};
    },
  };

  function findChangeSet(nameOrId: string, stackName: string): ChangeSet | undefined {
    return (
      changeSets.get(nameOrId) ??
      [...changeSets.values()].find(
        ({ name, stack }) => name === nameOrId && (stack.name === stackName || stack.id === stackName),
      )
    );
  }

  function forgetChangeSets(stack: Stack): void {
    for (const set of changeSets.values()) if (set.stack === stack) changeSets.delete(set.id);
  }

  function getChangeSet(nameOrId: string, stackName: string): ChangeSet {
    const set = findChangeSet(nameOrId, stackName);
    if (set !== undefined) return set;
    throw new AwsError('ChangeSetNotFound', `ChangeSet [${nameOrId}] does not exist`, 404);
  }

  const self: CloudFormation = {
    handler(action, input) {
      const stack = String(input['StackName'] ?? '').replace(/^arn:.*:stack\/([^/]*)\/.*$/, '$1');
      if (stack === '' || isElsewhere(stack)) return undefined;
      const act = actions[action];
      if (act === undefined) throw new AwsError('InvalidAction', `the stand-in has no ${action}`);
      return act(input);
    },
    stacks,
    done,
    failNext: (stack, why) => void failures.set(stack, why),
    duration: 0,
  };
  return self;
}
