/**
 * What holds for every environment. For policies see policies.test.ts, for data
 * stored-data.test.ts.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectionsNeeded, maxConnections, POOL_SIZE } from '../../platform/connections.ts';
import { chosen, ENVIRONMENTS, type Environment, prefixOf } from '../../platform/environments.ts';
import { SHARED, stacksOf } from '../../platform/platform.ts';
import { TIMING } from '../../platform/timing.ts';
import { readPlatform, type Template } from '../../rehearsal/ecs/local-platform.ts';
import { definitionOf } from '../support/definitions.ts';
import { type Platform, readVariant } from '../support/synthesised.ts';
import { SUBJECT, VARIANTS } from '../support/variants.ts';

const ROOT = join(import.meta.dirname, '../../..');
const platform = readVariant('declared');
const platforms = [platform, readVariant('other'), readVariant('oneZoneFewer'), readVariant('aurora')];
const names = Object.keys(ENVIRONMENTS) as (keyof typeof ENVIRONMENTS)[];

it('has the stacks of each environment, and a shared one', () => {
  const expected = names.flatMap((name) => stacksOf(prefixOf(name)));
  expect([...platform.templates.keys()].sort()).toEqual([SHARED, ...expected].sort());
});

describe('a change that fails', () => {
  it('restores no image, no number of tasks and no limit, because no template has one', () => {
    for (const { templates, resources } of platforms) {
      const owned = ['AWS::ECS::Service', 'AWS::ECS::TaskDefinition', 'AWS::ECS::TaskSet'];
      const types = resources.map(({ type }) => type);
      expect(types.filter((type) => owned.includes(type) || /AutoScaling/.test(type))).toEqual([]);
      const text = JSON.stringify([...templates.values()]);
      for (const word of [':none', 'DesiredCount', 'desiredCount', 'MinCapacity', '@sha256:'])
        expect(text).not.toContain(word);
    }
  });

  it('is not caused by an export that another stack uses', () => {
    for (const { templates } of platforms) {
      const text = JSON.stringify([...templates.values()]);
      expect(text).not.toContain('Fn::ImportValue');
      expect(text).not.toContain('"Export"');
    }
  });

  it('leaves no named resource behind when the stack was new', () => {
    for (const { resources } of platforms) {
      const kept = resources.filter(({ deletionPolicy }) => deletionPolicy?.startsWith('Retain'));
      expect(kept.length).toBeGreaterThan(5);
      for (const { stack, id, deletionPolicy } of kept)
        expect(deletionPolicy, `${stack} ${id}`).toBe('RetainExceptOnCreate');
    }
  });
});

it('names its availability zones, because the order of Fn::GetAZs can change', () => {
  for (const { templates } of platforms)
    expect(JSON.stringify([...templates.values()])).not.toContain('Fn::GetAZs');
  const zonesOf = (variant: Platform) => [
    ...new Set(
      variant.of('AWS::EC2::Subnet', 'cars-api-base').map(({ properties }) => properties.AvailabilityZone),
    ),
  ];
  expect(zonesOf(platform)).toEqual(['eu-central-1a', 'eu-central-1b', 'eu-central-1c']);
  expect(zonesOf(readVariant('oneZoneFewer'))).toEqual(['eu-central-1a', 'eu-central-1b']);
});

it('fits its definitions into SSM parameters of the standard size', () => {
  for (const { templates, of } of platforms) {
    expect(of('AWS::SSM::Parameter')).toHaveLength(3 * names.length);
    for (const name of names) {
      const template = templates.get(`${prefixOf(name)}-service`) as Template;
      // 4 KB: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
      for (const text of readPlatform(template, 0).parameters.values())
        expect(Buffer.byteLength(text)).toBeLessThan(3800);
    }
  }
});

const ofProduction = [...platform.templates].filter(([stack]) => !stack.includes('staging'));
it.each(ofProduction)('%s is the template that was reviewed', async (stack, template) => {
  const text = `${JSON.stringify(template, null, 2)}\n`;
  await expect(text).toMatchFileSnapshot(`snapshots/${stack}.json`);
});

it('sends events to log groups by an ARN without the `:*` of their attribute, with which none arrives', () => {
  // https://github.com/aws-samples/serverless-patterns/pull/221
  for (const { of } of platforms) {
    const logGroups = of('AWS::Logs::LogGroup').map(({ id }) => id);
    const targets = of('AWS::Events::Rule').flatMap(({ properties }) => properties.Targets ?? []);
    expect(targets.length).toBeGreaterThan(0);
    for (const { Arn } of targets) {
      const [owner, attribute] = Arn['Fn::GetAtt'] ?? [];
      expect(attribute === 'Arn' && logGroups.includes(owner), `${owner}.${attribute}`).toBe(false);
      expect(JSON.stringify(Arn)).not.toMatch(/:\*"/);
    }
  }
});

it('lets the log of every Lambda function expire, those that CDK adds included', () => {
  for (const { of } of platforms) {
    const functions = of('AWS::Lambda::Function');
    expect(functions.length).toBeGreaterThan(names.length);
    for (const { stack, id, properties } of functions) {
      const logGroup = of('AWS::Logs::LogGroup', stack).find(
        (each) => each.stack === stack && each.id === properties.LoggingConfig?.LogGroup.Ref,
      );
      expect(logGroup?.properties.RetentionInDays, `${stack} ${id}`).toBeGreaterThanOrEqual(30);
    }
  }
});

describe('the part reachable from the internet', () => {
  // Proves: other-entrance
  it('is only the load balancer', () => {
    const balancers = platform.of('AWS::ElasticLoadBalancingV2::LoadBalancer');
    expect(balancers.map(({ properties }) => properties.Scheme)).toEqual(names.map(() => 'internet-facing'));
    for (const { properties } of platform.of('AWS::RDS::DBInstance'))
      expect(properties.PubliclyAccessible).toBe(false);
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
      expect(rule.id).toMatch(/^NetworkLoadBalancerGroup/);
      expect(rule.FromPort).toBe(rule.ToPort);
      expect(ports).toContain(rule.FromPort);
    }
  });
});

const DEFINITIONS = names.flatMap((name) =>
  (['serve', 'migrate'] as const).map((kind) => ({ kind, ...definitionOf(platform, name, kind) })),
);

it('gives the master password only to the migration task', () => {
  for (const { kind, containerDefinitions, executionRoleArn } of DEFINITIONS) {
    const isMigration = kind === 'migrate';
    expect(JSON.stringify(containerDefinitions[0].secrets).includes('secret:master')).toBe(isMigration);
    const role = executionRoleArn.split('/').at(-1);
    const policies = platform
      .of('AWS::IAM::Policy')
      .filter((policy) => JSON.stringify(policy.properties.Roles).includes(role));
    expect(policies.length).toBeGreaterThan(0);
    expect(JSON.stringify(policies).includes('secret:rds!')).toBe(isMigration);
  }
});

it('gives serving tasks no secret; they sign in to the database by IAM, as one user', () => {
  for (const variant of platforms) {
    const users = new Set<string>();
    for (const name of names) {
      const { containerDefinitions, taskRoleArn } = definitionOf(variant, name, 'serve');
      const [{ environment, secrets }] = containerDefinitions;
      expect(secrets).toEqual([]);
      const values = Object.fromEntries(
        environment.map((each: { name: string; value: string }) => [each.name, each.value]),
      );
      expect(values).toMatchObject({ DATABASE_AUTH: 'iam', DATABASE_TLS: 'rds', AWS_REGION: 'eu-central-1' });
      const user = values['DATABASE_USER'];
      // MySQL allows 32 characters.
      expect(user.length).toBeLessThanOrEqual(32);
      users.add(user);
      const role = taskRoleArn.split('/').at(-1);
      const policies = variant
        .of('AWS::IAM::Policy', `${prefixOf(name)}-service`)
        .filter(({ properties }) => JSON.stringify(properties.Roles).includes(role));
      const statements = policies.flatMap(({ properties }) => properties.PolicyDocument.Statement);
      expect(statements).toHaveLength(1);
      expect(statements[0].Action).toBe('rds-db:connect');
      // For any database, because a restored one has another id.
      expect(JSON.stringify(statements[0].Resource)).toContain(`:dbuser:*/${user}"`);
      const migrate = definitionOf(variant, name, 'migrate').containerDefinitions[0].environment;
      expect(migrate).toContainEqual({ name: 'DATABASE_APP_USER', value: user });
      expect(migrate).toContainEqual({ name: 'DATABASE_APP_AUTH', value: 'iam' });
    }
    expect(users.size).toBe(names.length);
  }
});

it('the database accepts sign-in by IAM, and RDS rotates the password of its master', () => {
  const databases = platforms.flatMap((variant) =>
    variant.of(variant === platforms.at(-1) ? 'AWS::RDS::DBCluster' : 'AWS::RDS::DBInstance'),
  );
  expect(databases).toHaveLength(platforms.length * names.length);
  for (const { properties } of databases) {
    expect(properties).toMatchObject({
      EnableIAMDatabaseAuthentication: true,
      ManageMasterUserPassword: true,
    });
    expect(properties.MasterUserPassword).toBeUndefined();
  }
});

it('runs tasks without root, with a read-only root file system and no capabilities', () => {
  for (const { containerDefinitions } of DEFINITIONS) {
    expect(containerDefinitions).toEqual([
      expect.objectContaining({
        user: 'node',
        readonlyRootFilesystem: true,
        linuxParameters: { capabilities: { drop: ['ALL'] } },
      }),
    ]);
  }
});

it('sets only variables that the service knows', () => {
  const known = [...readFileSync(join(ROOT, '.env.example'), 'utf8').matchAll(/^#([A-Z_]+)=/gm)].map(
    ([, name]) => name,
  );
  expect(known.length).toBeGreaterThan(10);
  for (const { containerDefinitions } of DEFINITIONS) {
    const { environment, secrets } = containerDefinitions[0];
    const set = [...environment, ...secrets].map(({ name }: { name: string }) => name);
    expect(set.filter((name) => !known.includes(name))).toEqual([]);
    expect(new Set(set).size).toBe(set.length);
  }
});

it('gives tasks a size that Fargate offers', () => {
  // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
  const GIB: Readonly<Record<string, readonly number[]>> = {
    256: [0.5, 1, 2],
    512: [1, 2, 3, 4],
    1024: [2, 3, 4, 5, 6, 7, 8],
    2048: Array.from({ length: 13 }, (_, index) => 4 + index),
  };
  for (const { cpu, memory } of DEFINITIONS) expect(GIB[cpu]).toContain(Number(memory) / 1024);
});

describe('alarms', () => {
  const alarms = [
    ...platform.of('AWS::CloudWatch::Alarm').filter(({ properties }) => properties.AlarmActions),
    ...platform.of('AWS::CloudWatch::CompositeAlarm'),
  ];
  const runbook = readFileSync(join(ROOT, 'docs/run/runbook.md'), 'utf8');
  const anchors = [...runbook.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

  it('exist in each environment for requests, tasks, the database, its copies and the log', () => {
    const kinds = [
      ...['canary', 'blocked-requests', 'target-5xx', 'latency-p99', 'unhealthy-hosts'],
      ...['slo-availability-fast', 'slo-availability-slow', 'slo-latency-fast', 'slo-latency-slow'],
      ...['service-cpu', 'service-memory', 'tasks-below-min', 'task-restarts'],
      ...['database-cpu', 'database-connections', 'database-storage', 'logged-errors'],
    ];
    const copies = ['backup-failed', 'copy-failed', 'restore-test-failed'];
    expect(alarms.map(({ properties }) => properties.AlarmName).sort()).toEqual(
      [
        ...names.flatMap((name) => kinds.map((kind) => `${prefixOf(name)}-${kind}`)),
        ...copies.map((kind) => `cars-api-${kind}`),
      ].sort(),
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
      // A single-threaded process that is busy for ten seconds must not be killed for it.
      const { HealthCheckIntervalSeconds: interval, UnhealthyThresholdCount: failures } = properties;
      expect(interval * failures).toBeGreaterThanOrEqual(30);
      expect(properties.TargetGroupAttributes).toContainEqual({
        Key: 'deregistration_delay.timeout_seconds',
        Value: String(deregistrationDelay),
      });
    }
    // A second check, inside the task, would start a Node process each time.
    for (const { containerDefinitions } of DEFINITIONS)
      expect(containerDefinitions[0].healthCheck).toBeUndefined();
    for (const { kind, containerDefinitions } of DEFINITIONS)
      if (kind === 'serve') expect(containerDefinitions[0].stopTimeout).toBe(stopTimeout);
  });
});

it.each(
  Object.entries(VARIANTS).flatMap(([variant, environments]) =>
    names.map((name) => [variant, name, environments[name] as Environment] as const),
  ),
)('%s %s: the database accepts the connections of all tasks, even during a release', (_, __, environment) => {
  const { database, service } = environment;
  const most = maxConnections(database.kind, database.instance);
  expect(connectionsNeeded(service.tasks.max)).toBeLessThanOrEqual(most);
});

it('a task opens as many connections as the arithmetic says', () => {
  for (const { kind, containerDefinitions } of DEFINITIONS)
    if (kind === 'serve')
      expect(containerDefinitions[0].environment).toContainEqual({
        name: 'DATABASE_POOL_SIZE',
        value: String(POOL_SIZE),
      });
});

describe.each(names)('%s', (name) => {
  const environment: Environment = ENVIRONMENTS[name];

  it('has the parts that its recovery objectives need', () => {
    const { recovery, database, network, service } = environment;
    // A standby takes over in two minutes; without one, RDS starts a new instance from a backup.
    if (recovery.zone.rto <= 60) {
      expect(chosen(database.multiAz)).toBe(true);
      expect(network.outbound).not.toBe('one-nat');
      expect(service.tasks.min).toBeGreaterThanOrEqual(2);
    }
    // RDS saves the log of changes every five minutes.
    expect(recovery.data.rpo).toBeGreaterThanOrEqual(5);
    expect(chosen(database.backupDays)).toBeGreaterThanOrEqual(7);
    const plans = platform.of('AWS::Backup::BackupPlan', `${prefixOf(name)}-data`);
    const tests = platform.of('AWS::Backup::RestoreTestingSelection', `${prefixOf(name)}-data`);
    expect(plans).toHaveLength('reason' in recovery.region ? 0 : 1);
    expect(tests).toHaveLength(recovery.restoreTest === 'weekly' ? 1 : 0);
    if ('reason' in recovery.region) return;
    // A day, and the time until the copy has arrived.
    expect(recovery.region.rpo).toBeGreaterThan(25 * 60);
    const [rule] = plans[0]?.properties.BackupPlan.BackupPlanRule ?? [];
    expect(JSON.stringify(rule.CopyActions)).toContain(`:backup:${recovery.region.copyTo}:`);
  });

  it('gives a reason for every weaker choice', () => {
    const reasons = [...JSON.stringify(environment).matchAll(/"reason":"([^"]*)"/g)].map(
      ([, reason = '']) => reason,
    );
    for (const reason of reasons) expect(reason.length).toBeGreaterThan(10);
  });

  // Proves: foreign-repository
  it('trusts only its own environment on GitHub', () => {
    const role = platform
      .of('AWS::IAM::Role', `${prefixOf(name)}-service`)
      .find(({ properties }) => properties.RoleName === `${prefixOf(name)}-deploy`);
    expect(role?.properties.AssumeRolePolicyDocument.Statement[0].Condition).toEqual({
      StringEquals: {
        'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
        'token.actions.githubusercontent.com:sub': `${SUBJECT}:environment:${name}`,
      },
    });
  });

  it('rolls a bad release back automatically', () => {
    const { alarms } = definitionOf(platform, name, 'service');
    const declared = platform.of('AWS::CloudWatch::Alarm', prefixOf(name));
    expect(alarms).toEqual(['target-5xx', 'latency-p99'].map((kind) => `${prefixOf(name)}-${kind}`));
    expect(declared.map(({ properties }) => properties.AlarmName)).toEqual(expect.arrayContaining(alarms));
  });
});
