/** What each construct makes of what it is told. The load balancer is in front-door.test.ts; tasks in invariants.test.ts. */

import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { OidcProviderNative } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import { GithubRole } from '../../platform/constructs/github-role.ts';
import { RunbookAlarm, type RunbookAlarmProps } from '../../platform/constructs/runbook-alarm.ts';
import { ENVIRONMENTS, prefixOf } from '../../platform/environments.ts';
import { synthesise } from '../support/synthesised.ts';

const names = Object.keys(ENVIRONMENTS) as (keyof typeof ENVIRONMENTS)[];
const platform = synthesise();

describe('an alarm', () => {
  const alarmOf = (more: Partial<RunbookAlarmProps>) => {
    const stack = new Stack(new App(), 'test');
    const topic = new Topic(stack, 'Topic');
    new RunbookAlarm(
      stack,
      { prefix: 'cars-api', topic },
      {
        name: 'full',
        means: 'It is full.',
        metric: new Metric({ namespace: 'test', metricName: 'full' }),
        minutes: 3,
        ...more,
      },
    );
    const [alarm] = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'));
    return alarm?.['Properties'];
  };

  it('says what it means and where the runbook is, tells somebody when it rings, and when it stops', () => {
    expect(alarmOf({ above: 5 })).toMatchObject({
      AlarmName: 'cars-api-full',
      AlarmDescription: 'It is full. Runbook: docs/run/runbook.md#full',
      AlarmActions: [{ Ref: expect.stringMatching(/^Topic/) }],
      OKActions: [{ Ref: expect.stringMatching(/^Topic/) }],
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 5,
      Period: 60,
      DatapointsToAlarm: 3,
      EvaluationPeriods: 3,
      TreatMissingData: 'notBreaching',
    });
  });

  it('rings below a limit, in some minutes of more, and without data where that is said', () => {
    expect(alarmOf({ below: 0, of: 5, missing: TreatMissingData.BREACHING })).toMatchObject({
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 0,
      DatapointsToAlarm: 3,
      EvaluationPeriods: 5,
      TreatMissingData: 'breaching',
    });
  });
});

it('a role for GitHub trusts one place of one repository, by its whole name and never by a pattern', () => {
  const stack = new Stack(new App(), 'test');
  const github = new OidcProviderNative(stack, 'Github', {
    url: 'https://token.actions.githubusercontent.com',
  });
  new GithubRole(stack, 'Role', {
    roleName: 'role',
    description: 'a test',
    github,
    repository: 'example/cars-api',
    place: 'environment:production',
  });
  const [role] = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Role'));
  expect(role?.['Properties'].MaxSessionDuration).toBeLessThanOrEqual(3600);
  expect(role?.['Properties'].AssumeRolePolicyDocument.Statement).toEqual([
    expect.objectContaining({
      Action: 'sts:AssumeRoleWithWebIdentity',
      Principal: { Federated: expect.anything() },
      Condition: {
        StringEquals: {
          'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
          'token.actions.githubusercontent.com:sub': 'repo:example/cars-api:environment:production',
        },
      },
    }),
  ]);
});

it('every role for GitHub is for the main branch or an environment of that name', () => {
  const subjects = platform
    .of('AWS::IAM::Role')
    .flatMap(({ properties }) => properties.AssumeRolePolicyDocument.Statement)
    .filter(({ Action }) => Action === 'sts:AssumeRoleWithWebIdentity')
    .map(({ Condition }) => Condition.StringEquals['token.actions.githubusercontent.com:sub']);
  expect(subjects.sort()).toEqual([
    ...names.map((name) => `repo:example/cars-api:environment:${name}`),
    'repo:example/cars-api:ref:refs/heads/main',
  ]);
});

describe.each(names)('in %s', (name) => {
  const prefix = prefixOf(name);

  it('tasks that end by themselves are counted, of this service only', () => {
    const [rule, ...others] = platform.of('AWS::Events::Rule', `${prefix}-watching`);
    expect(others).toEqual([]);
    expect(rule?.properties.EventPattern).toMatchObject({
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: {
        group: [{ 'Fn::Join': ['', ['service:', expect.anything()]] }],
        lastStatus: ['STOPPED'],
        stopCode: ['EssentialContainerExited', 'TaskFailedToStart'],
      },
    });
    const filters = platform.of('AWS::Logs::MetricFilter', `${prefix}-watching`);
    const counted = filters.map(({ properties }) => properties.MetricTransformations[0].MetricName);
    expect(counted.sort()).toEqual(['LoggedErrors', 'TasksEnded']);
  });

  it('one dashboard draws calls, answers, tasks and the database', () => {
    const [dashboard, ...others] = platform.of('AWS::CloudWatch::Dashboard', `${prefix}-watching`);
    expect(others).toEqual([]);
    const text = JSON.stringify(dashboard?.properties.DashboardBody);
    for (const metric of [
      'RequestCount',
      'HTTPCode_ELB_5XX_Count',
      'TargetResponseTime',
      'CPUUtilization',
      'MemoryUtilization',
      'DatabaseConnections',
    ]) {
      expect(text).toContain(metric);
    }
  });
});

it('what was deployed lately is the last that the registry gives up', () => {
  const [repository] = platform.of('AWS::ECR::Repository');
  const { rules } = JSON.parse(repository?.properties.LifecyclePolicy.LifecyclePolicyText);
  const [first, ...later] = rules.toSorted(
    (a: { rulePriority: number }, b: { rulePriority: number }) => a.rulePriority - b.rulePriority,
  );
  expect(first).toMatchObject({
    selection: {
      tagStatus: 'tagged',
      tagPrefixList: ['released-'],
      countType: 'imageCountMoreThan',
      countNumber: 100,
    },
  });
  expect(later.length).toBeGreaterThan(0);
});
