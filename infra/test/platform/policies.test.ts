/** Who may do what, in every policy of every environment, whatever environments.ts says. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ENVIRONMENTS, prefixOf } from '../../platform/environments.ts';
import { OTHER_CHOICES } from '../support/other-choices.ts';
import { readReference, type Statement, statementsOf } from '../support/statements.ts';
import { synthesise } from '../support/synthesised.ts';

const names = Object.keys(ENVIRONMENTS) as (keyof typeof ENVIRONMENTS)[];
const live = { production: { digest: `sha256:${'a'.repeat(64)}`, tasks: 5 } };
const platforms = { declared: synthesise(live), other: synthesise(live, OTHER_CHOICES) };
const statements = [...statementsOf(platforms.declared), ...statementsOf(platforms.other)];
/** Of roles: what they may do. The others are about who may do something to the resource that has the policy. */
const rights = statements.filter(({ principal }) => principal === undefined);

/** For an action, the ARNs that AWS knows for it. */
let arnsOf: ReturnType<typeof readReference>;
// cfn-lint brings AWS's reference, and is installed where it is not yet.
beforeAll(() => {
  arnsOf = readReference();
}, 300_000);

/**
 * Every statement that is about `*`, with the reason. It is written down here and again where the stacks make it, on purpose: a list
 * that were imported from there would approve whatever is added to it.
 */
const WIDE: readonly { of: RegExp; actions: readonly string[]; reason: string; couldBe?: string }[] = [
  {
    of: /^cars-api-shared BuildRole/,
    actions: ['ecr:GetAuthorizationToken'],
    reason: 'a login is for the whole registry; what may be pushed to is another statement',
  },
  {
    of: /-service Tasks(Serve|Migrate)ExecutionRole/,
    actions: ['ecr:GetAuthorizationToken'],
    reason: 'a login is for the whole registry; what may be pulled is another statement',
  },
  {
    of: /-delivery DeployRole/,
    actions: ['ecs:ListTasks'],
    reason: 'narrowed to the cluster by a condition',
    couldBe: 'AWS knows the machine that tasks run on as a resource, and Fargate has none',
  },
  {
    of: /-delivery DeployRole/,
    actions: [
      'application-autoscaling:DescribeScalableTargets',
      'ecs:DescribeTaskDefinition',
      'elasticloadbalancing:DescribeTargetHealth',
    ],
    reason: 'AWS tells of all or none',
  },
];

/** `*`, or an ARN whose resource is `*`. */
const isWide = (resource: string) => /^(\*|arn(:[^:]*){4}:\*)$/.test(resource);
const sorted = (texts: Iterable<string>) => [...new Set(texts)].sort();
const same = (a: readonly string[], b: readonly string[]) => sorted(a).join() === sorted(b).join();

describe('rights', () => {
  it('are found wherever a template has them: in policies of their own and inside of roles', () => {
    expect(rights.length).toBeGreaterThan(30);
    expect(rights.map(({ of }) => of)).toEqual(
      // CDK's function that empties the default security group has its policy inside of its role.
      expect.arrayContaining([
        expect.stringContaining('CustomResourceProviderRole'),
        expect.stringContaining('Policy'),
      ]),
    );
  });

  // Proves: wide-permissions
  it('gives no policy the resource * but for actions that AWS knows no other for', () => {
    const wide = rights.filter(({ resources }) => resources.some(isWide));
    const isListed = ({ of, actions }: Statement) =>
      WIDE.some((exception) => exception.of.test(of) && same(exception.actions, actions));
    expect(wide.filter((statement) => !isListed(statement))).toEqual([]);
    for (const exception of WIDE) {
      const uses = wide.filter(
        ({ of, actions }) => exception.of.test(of) && same(exception.actions, actions),
      );
      expect(uses.length, `${exception.actions} is not needed any more`).toBeGreaterThan(0);
      // What AWS's own reference says, as cfn-lint brings it.
      const narrower = exception.actions.filter((action) => arnsOf(action).length > 0);
      if (exception.couldBe === undefined) expect(narrower).toEqual([]);
      else expect(narrower).toEqual(exception.actions);
      expect(exception.reason.length).toBeGreaterThan(10);
    }
  });

  it('narrows ecs:ListTasks by a condition, since it cannot by a resource', () => {
    const lists = rights.filter(({ actions }) => actions.includes('ecs:ListTasks'));
    expect(lists.length).toBeGreaterThan(0);
    for (const { conditions } of lists)
      expect(conditions).toEqual({ ArnEquals: { 'ecs:cluster': expect.anything() } });
  });

  it('names actions, never all but some, nor all of a service', () => {
    for (const { of, actions, negated } of rights) {
      expect(negated, of).toEqual([]);
      expect(actions.length, of).toBeGreaterThan(0);
      expect(
        actions.filter((action) => action.includes('*')),
        of,
      ).toEqual([]);
    }
  });

  it('names resources of a kind that the action has', () => {
    const judged = rights.flatMap(({ of, actions, resources }) => {
      // What is another stack's or made by AWS has no ARN before it is there.
      const known = resources.filter((resource) => resource.startsWith('arn:') && !isWide(resource));
      return known.length < resources.length ? [] : actions.map((action) => ({ of, action, known }));
    });
    expect(judged.length).toBeGreaterThan(10);
    for (const { of, action, known } of judged) {
      const fits = known.filter((resource) => arnsOf(action).some((pattern) => pattern.test(resource)));
      expect(fits.length, `${action} of ${of} on ${known}`).toBeGreaterThan(0);
    }
  });

  it('are those that AWS keeps ready only where AWS asks for them', () => {
    const managed = Object.values(platforms).flatMap((platform) =>
      platform.of('AWS::IAM::Role').flatMap(({ properties }) => properties.ManagedPolicyArns ?? []),
    );
    expect(sorted(managed.map((arn) => /policy\/([\w/-]+)/.exec(JSON.stringify(arn))?.[1] ?? ''))).toEqual([
      // CDK's function that empties the default security group writes its log.
      'service-role/AWSLambdaBasicExecutionRole',
      // RDS measures the machine of the database.
      'service-role/AmazonRDSEnhancedMonitoringRole',
    ]);
  });
});

it('lets nobody read a password but what starts a task that needs it', () => {
  const reads = rights.filter(({ actions }) => actions.includes('secretsmanager:GetSecretValue'));
  expect(sorted(reads.map(({ of }) => of.replace(/^.* (Tasks\w*Role)\w+Policy\w+$/, '$1')))).toEqual([
    'TasksMigrateExecutionRole',
    'TasksServeExecutionRole',
  ]);
});

it('lets nobody in who is not named', () => {
  const invited = statements.filter(({ principal, effect }) => principal !== undefined && effect === 'Allow');
  expect(invited.length).toBeGreaterThan(20);
  for (const { of, principal, negated } of invited) {
    expect(negated, of).toEqual([]);
    expect(Object.values(principal as object).flat(), of).not.toContain('*');
    expect(principal, of).not.toBe('*');
  }
});

describe.each(names)('the role that releases to %s', (name) => {
  const deploys = rights.filter(({ of }) => of.startsWith(`${prefixOf(name)}-delivery DeployRole`));

  /** Client of the SDK, and what IAM calls its service. */
  const SERVICES: Readonly<Record<string, string>> = {
    'application-auto-scaling': 'application-autoscaling',
    cloudwatch: 'cloudwatch',
    'cloudwatch-logs': 'logs',
    dynamodb: 'dynamodb',
    ecr: 'ecr',
    ecs: 'ecs',
    'elastic-load-balancing-v2': 'elasticloadbalancing',
    iam: 'iam',
    'secrets-manager': 'secretsmanager',
  };

  /** What the release program asks of AWS, by the commands that it imports. */
  function asked(): string[] {
    const folder = join(import.meta.dirname, '../../program/release');
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

  /** What AWS asks for beside the action's own name. */
  const BESIDE = {
    'iam:PassRole': 'who registers or runs a task hands it its roles',
    'ecs:TagResource': 'a task takes over the tags of its definition',
  };

  // Proves: pipeline-role
  it('may do what the release program asks, and nothing else', () => {
    expect(sorted(asked()).length).toBeGreaterThan(20);
    expect(sorted(deploys.flatMap(({ actions }) => actions))).toEqual(
      sorted([...asked(), ...Object.keys(BESIDE)]),
    );
  });

  it('hands roles to tasks only, and tags only what it runs', () => {
    const conditionsOf = (action: string) =>
      deploys.filter(({ actions }) => actions.includes(action)).map(({ conditions }) => conditions);
    for (const conditions of conditionsOf('iam:PassRole'))
      expect(conditions).toEqual({ StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } });
    for (const conditions of conditionsOf('ecs:TagResource'))
      expect(conditions).toEqual({ StringEquals: { 'ecs:CreateAction': 'RunTask' } });
    expect(conditionsOf('iam:PassRole').length * conditionsOf('ecs:TagResource').length).toBeGreaterThan(0);
  });
});
