/** The services beside ECS of which the release program asks one or two things each. */

import { AwsError, type Document, type Handler } from './handler.ts';
import type { LocalPlatform } from './local-platform.ts';
import { ACCOUNT, REGION } from './local-platform.ts';
import type { TaskBoard } from './task-board.ts';

export interface Bystanders {
  readonly handlers: Readonly<Record<string, Handler>>;
  /** What scaling was told. */
  scaling(): { readonly MinCapacity: number; readonly MaxCapacity: number };
  /** Takes a role or a secret away, by its ARN. */
  lose(arn: string): void;
}

export function createBystanders(platform: LocalPlatform, board: TaskBoard): Bystanders {
  const lost = new Set<string>();
  let scaling = { MinCapacity: 0, MaxCapacity: 0 };

  const only =
    (service: string, actions: Record<string, (input: Document) => Document>): Handler =>
    (action, input) => {
      const act = actions[action];
      if (act === undefined)
        throw new AwsError('UnknownOperationException', `the local ${service} has no ${action}`);
      return act(input);
    };

  const targetOf = ({ id }: { id: string }) => ({ Id: id.slice(0, 12), Port: platform.service.port });
  return {
    handlers: {
      sts: only('STS', {
        GetCallerIdentity: () => ({
          Account: ACCOUNT,
          Arn: `arn:aws:iam::${ACCOUNT}:user/rehearsal`,
          UserId: 'AIDAREHEARSAL',
        }),
      }),
      iam: only('IAM', {
        GetRole({ RoleName }) {
          if ([...lost].some((each) => each.endsWith(`/${RoleName}`)))
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
      secretsmanager: only('Secrets Manager', {
        DescribeSecret({ SecretId }) {
          if (lost.has(SecretId))
            throw new AwsError(
              'ResourceNotFoundException',
              "Secrets Manager can't find the specified secret.",
            );
          return { ARN: SecretId, Name: SecretId };
        },
      }),
      elasticloadbalancing: only('Elastic Load Balancing', {
        DescribeTargetHealth: () => ({
          TargetHealthDescriptions: board.tasks
            .filter((task) => board.targetState(task) !== 'unused')
            .map((task) => ({ Target: targetOf(task), TargetHealth: { State: board.targetState(task) } })),
        }),
      }),
      monitoring: only('CloudWatch', {
        DescribeAlarms: ({ AlarmNames, StateValue }) => ({
          MetricAlarms: platform.alarms
            .filter(({ name }) => AlarmNames.includes(name))
            .map(({ name, description }) => ({
              AlarmName: name,
              AlarmDescription: description,
              StateValue: board.ringing().includes(name) ? 'ALARM' : 'OK',
            }))
            .filter((alarm) => StateValue === undefined || alarm.StateValue === StateValue),
          CompositeAlarms: [],
        }),
      }),
      logs: only('CloudWatch Logs', {
        GetLogEvents({ logStreamName, limit }) {
          const lines = board.linesOf(String(logStreamName).split('/').at(-1) ?? '');
          if (lines.length === 0)
            throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
          return { events: lines.slice(-limit).map((message) => ({ message, timestamp: Date.now() })) };
        },
        FilterLogEvents: () => ({
          events: board.tasks.flatMap(({ id }) =>
            board.linesOf(id).map((message, index) => ({
              eventId: `${id}-${index}`,
              logStreamName: `api/api/${id}`,
              message,
              timestamp: Date.now(),
            })),
          ),
        }),
      }),
      'application-autoscaling': only('Application Auto Scaling', {
        RegisterScalableTarget({ MinCapacity, MaxCapacity }) {
          scaling = { MinCapacity, MaxCapacity };
          return {};
        },
        DescribeScalableTargets: () => ({
          ScalableTargets: [
            { ResourceId: `service/${platform.service.name}`, RegionName: REGION, ...scaling },
          ],
        }),
      }),
    },
    scaling: () => scaling,
    lose: (arn) => void lost.add(arn),
  };
}
