/** The permissions in every policy of every environment. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ENVIRONMENTS, prefixOf } from '../../platform/environments.ts';
import type { Context } from '../../program/core/context.ts';
import { checkPlan } from '../../program/setup/plan.ts';
import { readReference, type Statement, statementsOf } from '../support/statements.ts';
import { readVariant } from '../support/synthesised.ts';
import { SUBJECT } from '../support/variants.ts';

const names = Object.keys(ENVIRONMENTS) as (keyof typeof ENVIRONMENTS)[];
const platforms = { declared: readVariant('declared'), other: readVariant('other') };
const statements = [...statementsOf(platforms.declared), ...statementsOf(platforms.other)];
/** Statements in policies of roles. The others are in policies of resources. */
const permissions = statements.filter(({ principal }) => principal === undefined);

/** The ARNs that an action accepts, according to AWS. */
let arnsOf: ReturnType<typeof readReference>;
// cfn-lint brings AWS's reference, and is installed where it is not yet.
beforeAll(() => {
  arnsOf = readReference();
});

/**
 * Every statement with the resource `*`, and the reason. Repeated here on purpose: a list imported
 * from the stacks would approve whatever is added to them.
 */
const WIDE: readonly {
  of: RegExp;
  actions: readonly string[];
  reason: string;
  /** Why, for actions that AWS lists a narrower resource for. */
  couldBe?: Readonly<Record<string, string>>;
}[] = [
  {
    of: /^cars-api-shared BuildRole/,
    actions: ['ecr:GetAuthorizationToken'],
    reason: 'a login is for the whole registry; another statement limits the push',
  },
  {
    of: /^cars-api-shared PlanRole/,
    actions: ['ec2:DescribeAvailabilityZones'],
    reason: 'this action has no resource',
  },
  {
    of: /-service Tasks(Serve|Migrate)ExecutionRole/,
    actions: ['ecr:GetAuthorizationToken'],
    reason: 'a login is for the whole registry; another statement limits the pull',
  },
  {
    of: /-service DeployRole/,
    actions: ['ecs:ListTasks'],
    reason: 'narrowed to the cluster by a condition',
    couldBe: { 'ecs:ListTasks': 'the resource is the container instance, which Fargate does not have' },
  },
  {
    of: /-service DeployRole/,
    actions: [
      'application-autoscaling:DescribeScalableTargets',
      'cloudwatch:DescribeAlarms',
      'ecs:DescribeTaskDefinition',
      'elasticloadbalancing:DescribeTargetHealth',
    ],
    reason: 'these actions have no resource that AWS checks',
    couldBe: {
      'cloudwatch:DescribeAlarms':
        'AWS may check it on all alarms, and denies composite ones in a narrower scope',
    },
  },
];

/** `*`, or an ARN whose resource is `*`. */
const isWide = (resource: string) => /^(\*|arn(:[^:]*){4}:\*)$/.test(resource);
const sorted = (texts: Iterable<string>) => [...new Set(texts)].sort();
const same = (a: readonly string[], b: readonly string[]) => sorted(a).join() === sorted(b).join();

describe('permissions', () => {
  it('are found in separate policies and inside roles', () => {
    expect(permissions.length).toBeGreaterThan(30);
    expect(permissions.map(({ of }) => of)).toEqual(
      // CDK's function for the default security group has its policy inside its role.
      expect.arrayContaining([
        expect.stringContaining('CustomResourceProviderRole'),
        expect.stringContaining('Policy'),
      ]),
    );
  });

  // Proves: wide-permissions
  it('apply to the resource * only for actions without a narrower one', () => {
    const wide = permissions.filter(({ resources }) => resources.some(isWide));
    const isListed = ({ of, actions }: Statement) =>
      WIDE.some((exception) => exception.of.test(of) && same(exception.actions, actions));
    expect(wide.filter((statement) => !isListed(statement))).toEqual([]);
    for (const exception of WIDE) {
      const uses = wide.filter(
        ({ of, actions }) => exception.of.test(of) && same(exception.actions, actions),
      );
      expect(uses.length, `the exception for ${exception.actions} is no longer needed`).toBeGreaterThan(0);
      // According to AWS's reference, from cfn-lint.
      const narrower = exception.actions.filter((action) => arnsOf(action).length > 0);
      expect(narrower).toEqual(Object.keys(exception.couldBe ?? {}));
      expect(exception.reason.length).toBeGreaterThan(10);
    }
  });

  it('narrow ecs:ListTasks by a condition, because it has no resource', () => {
    const lists = permissions.filter(({ actions }) => actions.includes('ecs:ListTasks'));
    expect(lists.length).toBeGreaterThan(0);
    for (const { conditions } of lists)
      expect(conditions).toEqual({ ArnEquals: { 'ecs:cluster': expect.anything() } });
  });

  it('name every action: no wildcard, no NotAction', () => {
    for (const { of, actions, negated } of permissions) {
      expect(negated, of).toEqual([]);
      expect(actions.length, of).toBeGreaterThan(0);
      expect(
        actions.filter((action) => action.includes('*')),
        of,
      ).toEqual([]);
    }
  });

  it('name resources of a type that the action accepts', () => {
    const judged = permissions.flatMap(({ of, actions, resources }) => {
      // Resources of other stacks have no known ARN yet.
      const known = resources.filter((resource) => resource.startsWith('arn:') && !isWide(resource));
      return known.length < resources.length ? [] : actions.map((action) => ({ of, action, known }));
    });
    expect(judged.length).toBeGreaterThan(10);
    for (const { of, action, known } of judged) {
      const fits = known.filter((resource) => arnsOf(action).some((pattern) => pattern.test(resource)));
      expect(fits.length, `${action} of ${of} on ${known}`).toBeGreaterThan(0);
    }
  });

  it('use AWS-managed policies only where AWS requires them', () => {
    const managed = Object.values(platforms).flatMap((platform) =>
      platform.of('AWS::IAM::Role').flatMap(({ properties }) => properties.ManagedPolicyArns ?? []),
    );
    expect(sorted(managed.map((arn) => /policy\/([\w/-]+)/.exec(JSON.stringify(arn))?.[1] ?? ''))).toEqual([
      // For AWS Backup.
      'service-role/AWSBackupServiceRolePolicyForBackup',
      'service-role/AWSBackupServiceRolePolicyForRestores',
      // For the log of CDK's function for the default security group.
      'service-role/AWSLambdaBasicExecutionRole',
      // For RDS enhanced monitoring.
      'service-role/AmazonRDSEnhancedMonitoringRole',
    ]);
  });
});

it('only the migration task can read a password', () => {
  const reads = permissions.filter(({ actions }) => actions.includes('secretsmanager:GetSecretValue'));
  expect(sorted(reads.map(({ of }) => of.replace(/^.* (Tasks\w*Role)\w+Policy\w+$/, '$1')))).toEqual([
    'TasksMigrateExecutionRole',
  ]);
  // That of its own database, or of a restored copy of it.
  for (const { conditions } of reads) expect(Object.keys(conditions)).toEqual(['StringLike']);
});

it('no resource policy allows an unnamed principal', () => {
  const invited = statements.filter(({ principal, effect }) => principal !== undefined && effect === 'Allow');
  expect(invited.length).toBeGreaterThan(20);
  for (const { of, principal, negated } of invited) {
    expect(negated, of).toEqual([]);
    expect(Object.values(principal as object).flat(), of).not.toContain('*');
    expect(principal, of).not.toBe('*');
  }
});

/** The client of the SDK, and the service's name in IAM. */
const SERVICES: Readonly<Record<string, string>> = {
  'application-auto-scaling': 'application-autoscaling',
  cloudwatch: 'cloudwatch',
  'cloudwatch-logs': 'logs',
  dynamodb: 'dynamodb',
  ecr: 'ecr',
  ecs: 'ecs',
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  iam: 'iam',
  ssm: 'ssm',
  'secrets-manager': 'secretsmanager',
};

/** The actions that a part of the program calls, from the SDK commands that it imports. */
function calledActions(part: 'image' | 'release'): string[] {
  const folder = join(import.meta.dirname, '../../program', part);
  const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const imports = sources.flatMap((source) => [
    ...source.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([\w-]+)'/g),
  ]);
  return imports.flatMap(([, imported = '', client = '']) =>
    [...imported.matchAll(/\b(?:paginate(\w+)|(\w+)Command)\b/g)].map(
      ([, paged, command]) => `${SERVICES[client] ?? client}:${paged ?? command}`,
    ),
  );
}

it('the build role may do what `build` calls', () => {
  const build = permissions.filter(({ of }) => of.startsWith('cars-api-shared BuildRole'));
  expect(calledActions('image').length).toBeGreaterThan(1);
  expect(build.flatMap(({ actions }) => actions)).toEqual(expect.arrayContaining(calledActions('image')));
});

it('the plan role may do what `plan --pending` calls, and nothing else', async () => {
  const called: string[] = [];
  const answer =
    (service: string) =>
    async ({ constructor: { name }, input }: { constructor: { name: string }; input: object }) => {
      called.push(`${service}:${name.replace(/Command$/, '')}`);
      const { StackName: stack = '' } = input as { StackName?: string };
      const Stack = {
        StackStatus: 'UPDATE_COMPLETE',
        EnableTerminationProtection: !stack.includes('staging'),
        Outputs: [
          { OutputKey: 'GithubSubject', OutputValue: SUBJECT },
          // Production is not set up yet, so its zones are chosen.
          ...(stack.includes('staging') ? [{ OutputKey: 'Zones', OutputValue: 'eu-1a,eu-1b' }] : []),
        ],
      };
      const AvailabilityZones = ['eu-1a', 'eu-1b', 'eu-1c'].map((ZoneName) => ({ ZoneName }));
      return { Stacks: [Stack], AvailabilityZones, TemplateBody: '{}' };
    };
  const context = {
    aws: { cloudFormation: { send: answer('cloudformation') }, ec2: { send: answer('ec2') } },
    name: 'staging',
    prefix: prefixOf('staging'),
    identity: { region: 'eu-1' },
    terminal: { table() {}, result() {} },
  } as unknown as Context;
  await expect(checkPlan(context)).rejects.toMatchObject({ exit: 'pending' });
  const plan = permissions.filter(({ of }) => of.startsWith('cars-api-shared PlanRole'));
  expect(sorted(plan.flatMap(({ actions }) => actions))).toEqual(sorted(called));
});

describe.each(names)('the deploy role of %s', (name) => {
  const deploys = permissions.filter(({ of }) => of.startsWith(`${prefixOf(name)}-service DeployRole`));

  /** Permissions that AWS requires in addition. */
  const ADDITIONAL = {
    'iam:PassRole': 'to register or run a task with roles',
    'ecs:TagResource': 'the first release creates the service with tags',
    'cloudwatch:PutMetricAlarm': 'a scaling policy creates its alarms as the caller',
    'cloudwatch:DeleteAlarms': 'and replaces them',
  };

  // Proves: pipeline-role
  it('may do what the release program calls, and nothing else', () => {
    expect(sorted(calledActions('release')).length).toBeGreaterThan(20);
    expect(sorted(deploys.flatMap(({ actions }) => actions))).toEqual(
      sorted([...calledActions('release'), ...Object.keys(ADDITIONAL)]),
    );
  });

  it('passes roles only to tasks, and tags only the service that it creates', () => {
    const conditionsOf = (action: string) =>
      deploys.filter(({ actions }) => actions.includes(action)).map(({ conditions }) => conditions);
    for (const conditions of conditionsOf('iam:PassRole'))
      expect(conditions).toEqual({ StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } });
    for (const conditions of conditionsOf('ecs:TagResource'))
      expect(conditions).toEqual({ StringEquals: { 'ecs:CreateAction': 'CreateService' } });
    expect(conditionsOf('iam:PassRole').length * conditionsOf('ecs:TagResource').length).toBeGreaterThan(0);
  });
});
