/**
 * What holds for every environment. For policies see policies.test.ts, for data
 * stored-data.test.ts.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENVIRONMENTS, type Environment, prefixOf } from '../../platform/environments.ts';
import { TIMING } from '../../platform/timing.ts';
import { readVariant } from '../support/synthesised.ts';

const ROOT = join(import.meta.dirname, '../../..');
const platform = readVariant('live');
const names = Object.keys(ENVIRONMENTS) as (keyof typeof ENVIRONMENTS)[];

it('has the stacks of each environment, and a shared one', () => {
  const kinds = ['releases', 'network', 'data', 'alerts', 'service', 'observability', 'delivery'];
  const expected = names.flatMap((name) => kinds.map((kind) => `${prefixOf(name)}-${kind}`));
  expect([...platform.templates.keys()].sort()).toEqual(['cars-api-shared', ...expected].sort());
});

const ofProduction = [...platform.templates].filter(([stack]) => !stack.includes('staging'));
it.each(ofProduction)('%s is the template that was reviewed', async (stack, template) => {
  const text = `${JSON.stringify(template, null, 2)}\n`;
  await expect(text).toMatchFileSnapshot(`snapshots/${stack}.json`);
});

describe('the part reachable from the internet', () => {
  // Proves: other-entrance
  it('is only the load balancer', () => {
    const balancers = platform.of('AWS::ElasticLoadBalancingV2::LoadBalancer');
    expect(balancers.map(({ properties }) => properties.Scheme)).toEqual(names.map(() => 'internet-facing'));
    for (const { properties } of platform.of('AWS::RDS::DBInstance'))
      expect(properties.PubliclyAccessible).toBe(false);
    for (const { properties } of platform.of('AWS::ECS::Service')) {
      expect(properties.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp).toBe('DISABLED');
    }
    for (const { properties } of platform.of('AWS::EC2::Subnet'))
      expect(properties.MapPublicIpOnLaunch).not.toBe(true);
  });

  it('has security groups with descriptions that EC2 accepts (CDK and cfn-lint do not check those of rules)', () => {
    const types = [
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::SecurityGroupIngress',
      'AWS::EC2::SecurityGroupEgress',
    ];
    const descriptions = types
      .flatMap((type) => platform.of(type))
      .flatMap(({ properties }) => [
        ...JSON.stringify(properties).matchAll(/"(?:Group)?Description":"([^"]*)"/g),
      ])
      .map(([, description]) => description);
    expect(descriptions.length).toBeGreaterThan(10);
    for (const description of descriptions)
      expect(description).toMatch(/^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/);
  });

  it('is open only on the ports of its listeners', () => {
    const open = [
      ...platform
        .of('AWS::EC2::SecurityGroup')
        .flatMap(({ id, properties }) =>
          (properties.SecurityGroupIngress ?? []).map((rule: object) => ({ ...rule, id })),
        ),
      ...platform.of('AWS::EC2::SecurityGroupIngress').map(({ id, properties }) => ({ ...properties, id })),
    ].filter((rule) => rule.CidrIp !== undefined || rule.CidrIpv6 !== undefined);
    expect(open.length).toBeGreaterThan(0);
    const ports = platform
      .of('AWS::ElasticLoadBalancingV2::Listener')
      .map(({ properties }) => properties.Port);
    for (const rule of open) {
      expect(rule.id).toMatch(/^LoadBalancerGroup/);
      expect(rule.FromPort).toBe(rule.ToPort);
      expect(ports).toContain(rule.FromPort);
    }
  });
});

it('gives the master password only to the migration task', () => {
  const definitions = platform.of('AWS::ECS::TaskDefinition');
  expect(definitions).toHaveLength(2 * names.length);
  for (const { id, stack, properties } of definitions) {
    const [container] = properties.ContainerDefinitions;
    const isMigration = /Migrate/.test(id);
    expect(JSON.stringify(container.Secrets).includes('MasterSecret')).toBe(isMigration);
    const role = properties.ExecutionRoleArn['Fn::GetAtt'][0];
    const policies = platform
      .of('AWS::IAM::Policy', stack)
      .filter((policy) => JSON.stringify(policy.properties.Roles).includes(role));
    expect(policies.length).toBeGreaterThan(0);
    expect(JSON.stringify(policies).includes('MasterSecret')).toBe(isMigration);
  }
});

it('runs tasks without root, with a read-only root file system and no capabilities', () => {
  for (const { properties } of platform.of('AWS::ECS::TaskDefinition')) {
    for (const container of properties.ContainerDefinitions) {
      expect(container).toMatchObject({
        User: 'node',
        ReadonlyRootFilesystem: true,
        LinuxParameters: { Capabilities: { Drop: ['ALL'] } },
      });
    }
  }
});

it('sets only variables that the service knows', () => {
  const known = [...readFileSync(join(ROOT, '.env.example'), 'utf8').matchAll(/^#([A-Z_]+)=/gm)].map(
    ([, name]) => name,
  );
  expect(known.length).toBeGreaterThan(10);
  for (const { properties } of platform.of('AWS::ECS::TaskDefinition')) {
    const [container] = properties.ContainerDefinitions;
    const set = [...container.Environment, ...container.Secrets].map(({ Name }) => Name);
    expect(set.filter((name) => !known.includes(name))).toEqual([]);
    expect(new Set(set).size).toBe(set.length);
  }
});

describe('alarms', () => {
  const alarms = platform.of('AWS::CloudWatch::Alarm');
  const runbook = readFileSync(join(ROOT, 'docs/run/runbook.md'), 'utf8');
  const anchors = [...runbook.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

  it('exist in each environment for requests, tasks, the database and the log', () => {
    const kinds = [
      ...['load-balancer-5xx', 'target-5xx', 'latency-p99', 'unhealthy-hosts'],
      ...['service-cpu', 'service-memory', 'tasks-below-min', 'task-restarts'],
      ...['database-cpu', 'database-connections', 'database-storage', 'logged-errors'],
    ];
    expect(alarms.map(({ properties }) => properties.AlarmName).sort()).toEqual(
      names.flatMap((name) => kinds.map((kind) => `${prefixOf(name)}-${kind}`)).sort(),
    );
  });

  it.each(alarms.map((alarm) => [alarm.properties.AlarmName, alarm.properties] as const))(
    '%s notifies the topic, and links an existing section of the runbook',
    (_, properties) => {
      expect(properties.AlarmActions).toHaveLength(1);
      const [, anchor] = /docs\/run\/runbook\.md#(\S+)$/.exec(properties.AlarmDescription) ?? [];
      expect(anchors).toContain(anchor);
    },
  );
});

describe('the timing of replacing a task', () => {
  const { deregistrationDelay, drain, healthCheck, idleTimeout, startGrace, stop, stopTimeout } = TIMING;

  it('is consistent', () => {
    expect(stopTimeout).toBeGreaterThan(stop);
    expect(stop).toBeGreaterThan(drain + 15);
    // Fargate's maximum:
    // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
    expect(stopTimeout).toBeLessThanOrEqual(120);
    expect(healthCheck.timeout).toBeLessThan(healthCheck.interval);
    expect(startGrace).toBeGreaterThan(healthCheck.interval * healthCheck.healthyAfter);
    expect(deregistrationDelay).toBeGreaterThan(17);
    // The service keeps idle connections for 72 s.
    expect(idleTimeout).toBeLessThan(72);
  });

  it('is set in the templates', () => {
    for (const { properties } of platform.of('AWS::ElasticLoadBalancingV2::TargetGroup')) {
      expect(properties.TargetGroupAttributes).toContainEqual({
        Key: 'deregistration_delay.timeout_seconds',
        Value: String(deregistrationDelay),
      });
    }
    for (const { id, properties } of platform.of('AWS::ECS::TaskDefinition')) {
      if (id.includes('Serve')) expect(properties.ContainerDefinitions[0].StopTimeout).toBe(stopTimeout);
    }
  });
});

describe('the service', () => {
  const service = (prefix: string) => platform.of('AWS::ECS::Service', `${prefix}-service`)[0]?.properties;
  const minCapacity = (prefix: string) =>
    platform.of('AWS::ApplicationAutoScaling::ScalableTarget', `${prefix}-service`)[0]?.properties
      .MinCapacity;

  it('keeps the digest, the number of tasks and their minimum when the platform changes', () => {
    expect(service('cars-api').DesiredCount).toBe(5);
    expect(minCapacity('cars-api')).toBe(ENVIRONMENTS.production.service.tasks.min);
    const images = platform
      .of('AWS::ECS::TaskDefinition', 'cars-api-service')
      .map(({ properties }) => JSON.stringify(properties.ContainerDefinitions[0].Image));
    for (const image of images) expect(image).toContain(`@sha256:${'a'.repeat(64)}`);
  });

  it('has no task before the first release', () => {
    expect(service('cars-api-staging').DesiredCount).toBe(0);
    expect(minCapacity('cars-api-staging')).toBe(0);
  });
});

describe.each(names)('%s', (name) => {
  const environment: Environment = ENVIRONMENTS[name];

  it('gives a reason for every weaker choice', () => {
    const reasons = [...JSON.stringify(environment).matchAll(/"reason":"([^"]*)"/g)].map(
      ([, reason = '']) => reason,
    );
    for (const reason of reasons) expect(reason.length).toBeGreaterThan(10);
  });

  // Proves: foreign-repository
  it('trusts only its own environment on GitHub', () => {
    const [role] = platform.of('AWS::IAM::Role', `${prefixOf(name)}-delivery`);
    expect(role?.properties.AssumeRolePolicyDocument.Statement[0].Condition).toEqual({
      StringEquals: {
        'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
        'token.actions.githubusercontent.com:sub': `repo:example/cars-api:environment:${name}`,
      },
    });
  });

  it('rolls a bad release back automatically', () => {
    const [service] = platform.of('AWS::ECS::Service', `${prefixOf(name)}-service`);
    expect(service?.properties.DeploymentConfiguration).toMatchObject({
      DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      Alarms: { Enable: true, Rollback: true },
      MinimumHealthyPercent: 100,
    });
  });
});
