/**
 * The other AWS services that a release uses, with the one or two actions that it calls of each.
 */

import { IMAGE } from '../../platform/contract.ts';
import type { Driver } from './driver.ts';
import { AwsError, type Document, type Handler, handlerOf } from './handler.ts';
import { ACCOUNT, type LocalPlatform, REGION } from './local-platform.ts';
import type { TaskBoard } from './task-board.ts';

export interface OtherServices {
  readonly handlers: Readonly<Record<string, Handler>>;
  /** The limits of autoscaling. */
  scaling(): { readonly MinCapacity: number; readonly MaxCapacity: number };
  /** What `PutScalingPolicy` was given, by the name of the policy. */
  readonly policies: ReadonlyMap<string, Document>;
  /** Removes a role or a secret, by its ARN. */
  remove(arn: string): void;
}

export function createOtherServices(
  platform: LocalPlatform,
  board: TaskBoard,
  driver: Driver,
): OtherServices {
  const removed = new Set<string>();
  const policies = new Map<string, Document>();
  let scaling = { MinCapacity: 0, MaxCapacity: 0 };

  const readEvents = (id: string): Document[] =>
    driver.readLogLines(id).map(({ at, text }, index) => ({
      eventId: `${id}-${index}`,
      logStreamName: `api/api/${id}`,
      message: text,
      timestamp: at,
    }));
  /** Each task logs to a stream of its own, which exists from its first line on. */
  const readStream = (name: string): Document[] => {
    const events = readEvents(name.split('/').at(-1) ?? '');
    if (events.length === 0)
      throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    return events;
  };
  const targetOf = ({ id }: { id: string }) => ({ Id: id.slice(0, 12), Port: IMAGE.port });
  return {
    handlers: {
      sts: handlerOf({
        GetCallerIdentity: () => ({
          Account: ACCOUNT,
          Arn: `arn:aws:iam::${ACCOUNT}:user/rehearsal`,
          UserId: 'AIDAREHEARSAL',
        }),
      }),
      iam: handlerOf({
        GetRole({ RoleName }) {
          if ([...removed].some((each) => each.endsWith(`/${RoleName}`)))
            throw new AwsError('NoSuchEntity', `The role with name ${RoleName} cannot be found.`, 404);
          return {
            Role: {
              Path: '/',
              RoleName,
              RoleId: 'AROAREHEARSAL',
              Arn: `arn:aws:iam::${ACCOUNT}:role/${RoleName}`,
              CreateDate: new Date(),
            },
          };
        },
      }),
      secretsmanager: handlerOf({
        DescribeSecret({ SecretId }) {
          if (removed.has(SecretId))
            throw new AwsError(
              'ResourceNotFoundException',
              "Secrets Manager can't find the specified secret.",
            );
          return { ARN: SecretId, Name: SecretId };
        },
      }),
      ssm: handlerOf({
        GetParameter({ Name }) {
          const Value = platform.parameters.get(Name);
          if (Value === undefined) throw new AwsError('ParameterNotFound', '');
          return { Parameter: { Name, Type: 'String', Value } };
        },
      }),
      elasticloadbalancing: handlerOf({
        DescribeTargetHealth: () => ({
          TargetHealthDescriptions: board.tasks
            .filter((task) => board.targetState(task) !== 'unused')
            .map((task) => ({ Target: targetOf(task), TargetHealth: { State: board.targetState(task) } })),
        }),
      }),
      monitoring: handlerOf({
        DescribeAlarms: ({ AlarmNames, StateValue }) => ({
          MetricAlarms: platform.alarms
            .filter(({ name }) => AlarmNames.includes(name))
            .map(({ name, description }) => ({
              AlarmName: name,
              AlarmDescription: description,
              StateValue: driver.firingAlarms().includes(name) ? 'ALARM' : 'OK',
            }))
            .filter((alarm) => StateValue === undefined || alarm.StateValue === StateValue),
          CompositeAlarms: [],
        }),
      }),
      logs: handlerOf({
        GetLogEvents: ({ logStreamName, limit }) => ({ events: readStream(logStreamName).slice(-limit) }),
        FilterLogEvents({ logStreamNames, startTime = 0 }) {
          const events =
            logStreamNames?.flatMap(readStream) ?? board.tasks.flatMap(({ id }) => readEvents(id));
          return { events: events.filter(({ timestamp }: Document) => timestamp >= startTime) };
        },
      }),
      'application-autoscaling': handlerOf({
        RegisterScalableTarget({ MinCapacity, MaxCapacity }) {
          scaling = { MinCapacity, MaxCapacity };
          return {};
        },
        PutScalingPolicy(input) {
          policies.set(input['PolicyName'], input);
          return { PolicyARN: input['PolicyName'], Alarms: [] };
        },
        DescribeScalableTargets: () => ({
          ScalableTargets: [
            { ResourceId: `service/${platform.name}/${platform.name}`, RegionName: REGION, ...scaling },
          ],
        }),
      }),
    },
    scaling: () => scaling,
    policies,
    remove: (arn) => void removed.add(arn),
  };
}
