/** The resources that each construct creates. For the load balancer see load-balancer.test.ts. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { OidcProviderNative } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GithubRole } from '../../platform/constructs/github-role.ts';
import { RunbookAlarm, type RunbookAlarmProps } from '../../platform/constructs/runbook-alarm.ts';
import { ENVIRONMENTS, prefixOf } from '../../platform/environments.ts';
import { readVariant } from '../support/synthesised.ts';
import { resourcesOf } from '../support/test-stack.ts';
import { SUBJECT } from '../support/variants.ts';

const names = Object.keys(ENVIRONMENTS) as (keyof typeof ENVIRONMENTS)[];
const platform = readVariant('declared');

describe('an alarm', () => {
  const alarmOf = (more: Partial<RunbookAlarmProps>) => {
    const [alarm] = resourcesOf('AWS::CloudWatch::Alarm', (stack) => {
      const topic = new Topic(stack, 'Topic');
      const metric = new Metric({ namespace: 'test', metricName: 'full' });
      const alarm = { name: 'full', means: 'It is full.', metric, minutes: 3, ...more };
      new RunbookAlarm(stack, { prefix: 'cars-api', topic }, alarm);
    });
    return alarm;
  };

  it('describes the problem, links the runbook, and notifies when it fires and when it ends', () => {
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

  it('can fire below a threshold, for some of the last minutes, and on missing data', () => {
    expect(alarmOf({ below: 0, of: 5, missing: TreatMissingData.BREACHING })).toMatchObject({
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 0,
      DatapointsToAlarm: 3,
      EvaluationPeriods: 5,
      TreatMissingData: 'breaching',
    });
  });
});

it('a role for GitHub trusts one branch or environment of one repository, matched exactly', () => {
  const [role] = resourcesOf('AWS::IAM::Role', (stack) => {
    const github = new OidcProviderNative(stack, 'Github', {
      url: 'https://token.actions.githubusercontent.com',
    });
    new GithubRole(stack, 'Role', {
      roleName: 'role',
      description: 'a test',
      github,
      subject: 'repo:example@1/cars-api@2:environment:production',
      hours: 1,
    });
  });
  expect(role.MaxSessionDuration).toBeLessThanOrEqual(3600);
  expect(role.AssumeRolePolicyDocument.Statement).toEqual([
    expect.objectContaining({
      Action: 'sts:AssumeRoleWithWebIdentity',
      Principal: { Federated: expect.anything() },
      Condition: {
        StringEquals: {
          'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
          'token.actions.githubusercontent.com:sub': 'repo:example@1/cars-api@2:environment:production',
        },
      },
    }),
  ]);
});

it('no stack owns the identity provider, which an account has once', () => {
  expect(platform.of('AWS::IAM::OIDCProvider')).toEqual([]);
  expect(platform.of('Custom::AWSCDKOpenIdConnectProvider')).toEqual([]);
});

it('every role for GitHub trusts the main branch or the environment of the same name', () => {
  const subjects = platform
    .of('AWS::IAM::Role')
    .flatMap(({ properties }) => properties.AssumeRolePolicyDocument.Statement)
    .filter(({ Action }) => Action === 'sts:AssumeRoleWithWebIdentity')
    .map(({ Condition }) => Condition.StringEquals['token.actions.githubusercontent.com:sub']);
  expect(subjects.sort()).toEqual([
    ...names.map((name) => `${SUBJECT}:environment:${name}`),
    // The roles that push images and that read templates.
    `${SUBJECT}:ref:refs/heads/main`,
    `${SUBJECT}:ref:refs/heads/main`,
  ]);
});

describe.each(names)('in %s', (name) => {
  const prefix = prefixOf(name);

  it('counts tasks of this service that exit by themselves', () => {
    const [rule, ...others] = platform
      .of('AWS::Events::Rule', `${prefix}-service`)
      .filter(({ properties }) => properties.EventPattern);
    expect(others).toEqual([]);
    expect(rule?.properties.EventPattern).toMatchObject({
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: {
        group: [`service:${prefix}`],
        lastStatus: ['STOPPED'],
        stopCode: ['EssentialContainerExited', 'TaskFailedToStart'],
      },
    });
    const filters = platform.of('AWS::Logs::MetricFilter', `${prefix}-service`);
    const counted = filters.map(({ properties }) => properties.MetricTransformations[0].MetricName);
    expect(counted.sort()).toEqual(['LoggedErrors', 'TasksEnded']);
  });

  it('has one dashboard with requests, response times, tasks and the database', () => {
    const [dashboard, ...others] = platform.of('AWS::CloudWatch::Dashboard', `${prefix}-service`);
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

it.each([
  ['passes when the service is ready', 200, undefined],
  ['fails when the service is not ready', 503, 'status 503: not ready'],
  ['fails when the firewall blocks it', 403, 'status 403: not ready'],
])('the canary %s', async (_, status, failure) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(String(request.url));
    response.writeHead(status).end('not ready');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const [canary] = platform
    .of('AWS::Lambda::Function', 'cars-api-service')
    .filter(({ properties }) => properties.Environment?.Variables.ADDRESS);
  const module: { handler?: () => Promise<void> } = {};
  // As Lambda loads it.
  new Function('exports', 'process', canary?.properties.Code.ZipFile)(module, {
    env: { ADDRESS: `http://127.0.0.1:${port}` },
  });
  const call = module.handler?.();
  if (failure === undefined) await expect(call).resolves.toBeUndefined();
  else await expect(call).rejects.toThrow(failure);
  expect(asked).toEqual(['/readyz']);
});

it('the registry keeps the last 100 images of each environment, whatever the others release', () => {
  const [repository] = platform.of('AWS::ECR::Repository');
  const { rules } = JSON.parse(repository?.properties.LifecyclePolicy.LifecyclePolicyText);
  const inOrder = rules.toSorted(
    (a: { rulePriority: number }, b: { rulePriority: number }) => a.rulePriority - b.rulePriority,
  );
  const kept = ['released-production-', 'released-staging-'].map((prefix) => ({
    tagStatus: 'tagged',
    tagPrefixList: [prefix],
    countType: 'imageCountMoreThan',
    countNumber: 100,
  }));
  const selections = inOrder.map(({ selection }: { selection: object }) => selection);
  expect(selections.slice(0, 2)).toEqual(kept);
  expect(selections.length).toBeGreaterThan(2);
});
