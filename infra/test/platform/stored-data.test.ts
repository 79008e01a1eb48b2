/** Resources that store data are encrypted, retained and private, in every environment. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import {
  chosen,
  ENVIRONMENTS,
  type Environment,
  type EnvironmentName,
  prefixOf,
} from '../../platform/environments.ts';
import { stacksOf } from '../../platform/platform.ts';
import { specificationsFolder } from '../support/cfn-lint.ts';
import { statementsOf } from '../support/statements.ts';
import { type Resource, readVariant } from '../support/synthesised.ts';
import { VARIANTS, type VariantName } from '../support/variants.ts';

const names = Object.keys(ENVIRONMENTS) as (keyof typeof ENVIRONMENTS)[];
const platforms = [readVariant('declared'), readVariant('other'), readVariant('aurora')];

/** The environment of a resource; undefined for the shared stack. */
function environmentOf({ stack }: Resource): Environment | undefined {
  const name = names
    .toSorted((a, b) => prefixOf(b).length - prefixOf(a).length)
    .find((each) => stack.startsWith(`${prefixOf(each)}-`) && stack !== 'cars-api-shared');
  return name && ENVIRONMENTS[name];
}

/** Whether the environment declares that it may be deleted with its data. */
const isDeletable = (resource: Resource) => {
  const { database } = environmentOf(resource) ?? {};
  return database !== undefined && !chosen(database.deletionProtection);
};

/** `Retain` means: except when the stack that creates it fails. */
const keep = ({ deletionPolicy, updateReplacePolicy }: Resource, policy: string) =>
  expect({ deletionPolicy, updateReplacePolicy }).toEqual({
    deletionPolicy: policy === 'Retain' ? 'RetainExceptOnCreate' : policy,
    updateReplacePolicy: policy,
  });

/** Expects a policy that denies access to a bucket or a topic without TLS. */
function expectTlsOnly({ stack, id }: Resource): void {
  const denials = platforms
    .flatMap((platform) => statementsOf(platform))
    .filter(({ of, effect }) => effect === 'Deny' && of.startsWith(`${stack} `));
  const about = denials.filter(({ targets }) => targets.includes(id));
  expect(about.length, `${stack} ${id}`).toBeGreaterThan(0);
  for (const { conditions } of about)
    expect(conditions).toEqual({ Bool: { 'aws:SecureTransport': 'false' } });
}

/** The instances of Aurora have no data of their own. */
const isOfCluster = ({ properties }: Resource) => 'DBClusterIdentifier' in properties;

function expectProtected(resource: Resource, engineVersion: string): void {
  const { database } = environmentOf(resource) as Environment;
  const { properties } = resource;
  expect(properties).toMatchObject({
    StorageEncrypted: true,
    BackupRetentionPeriod: chosen(database.backupDays),
    DeletionProtection: chosen(database.deletionProtection),
    CopyTagsToSnapshot: true,
    EngineVersion: engineVersion,
    // A key of its own: a snapshot under AWS's key cannot be given to another account.
    KmsKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^DatabaseKey/), 'Arn'] },
  });
  expect(properties.BackupRetentionPeriod).toBeGreaterThanOrEqual(7);
  keep(resource, 'Snapshot');
}

const RULES: Readonly<Record<string, (resource: Resource) => void>> = {
  'AWS::RDS::DBInstance'(resource) {
    expect(resource.properties).toMatchObject({ PubliclyAccessible: false, AutoMinorVersionUpgrade: true });
    if (isOfCluster(resource)) expect(resource.deletionPolicy).toBe('Delete');
    else expectProtected(resource, '8.4');
  },
  'AWS::RDS::DBCluster'(resource) {
    expectProtected(resource, '8.0.mysql_aurora.3.12.0');
  },
  'AWS::Backup::BackupVault'(resource) {
    keep(resource, 'Retain');
  },
  'AWS::DynamoDB::Table'(resource) {
    const { properties } = resource;
    expect(properties.SSESpecification).toEqual({ SSEEnabled: true });
    expect(properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).toBe(true);
    expect(properties.DeletionProtectionEnabled).toBe(!isDeletable(resource));
    keep(resource, isDeletable(resource) ? 'Delete' : 'Retain');
  },
  'AWS::S3::Bucket'(resource) {
    const { properties } = resource;
    const [rule] = properties.BucketEncryption.ServerSideEncryptionConfiguration;
    expect(['AES256', 'aws:kms']).toContain(rule.ServerSideEncryptionByDefault.SSEAlgorithm);
    expect(properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(properties.OwnershipControls.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }]);
    expectTlsOnly(resource);
    keep(resource, 'Retain');
  },
  'AWS::ECR::Repository'(resource) {
    const { properties } = resource;
    // ECR always encrypts; the default is AES-256.
    expect([undefined, 'AES256', 'KMS']).toContain(properties.EncryptionConfiguration?.EncryptionType);
    expect(properties.ImageTagMutability).toBe('IMMUTABLE');
    expect(properties.ImageScanningConfiguration.ScanOnPush).toBe(true);
    keep(resource, 'Retain');
  },
  'AWS::SNS::Topic'(resource) {
    const key = resource.properties.KmsMasterKeyId['Fn::GetAtt'];
    expect(platforms[0]?.of('AWS::KMS::Key', resource.stack).map(({ id }) => [id, 'Arn'])).toContainEqual(
      key,
    );
    expectTlsOnly(resource);
  },
  'AWS::KMS::Key'(resource) {
    expect(resource.properties.EnableKeyRotation).toBe(true);
    keep(resource, 'Retain');
  },
  'AWS::Logs::LogGroup'(resource) {
    const { LogGroupName: name, RetentionInDays: days, KmsKeyId: key } = resource.properties;
    // CloudWatch Logs always encrypts; our own key would have to be kept as long as the log.
    expect(key).toBeUndefined();
    // Logs have names and addresses of clients, so they must expire.
    expect(days).toBeGreaterThanOrEqual(30);
    // These logs are not needed after its environment is deleted.
    const isExpendable = /-stopped-tasks$|-canary$|-default-security-group$/.test(name);
    keep(resource, (isDeletable(resource) || isExpendable) && !/^\/vpc\//.test(name) ? 'Delete' : 'Retain');
  },
};

describe.each(Object.keys(RULES))('each %s', (type) => {
  const resources = platforms.flatMap((platform) => platform.of(type));

  // Proves: exposed-storage
  it('is encrypted, and retained as the environment declares', () => {
    expect(resources.length).toBeGreaterThan(0);
    for (const resource of resources) RULES[type]?.(resource);
  });
});

it('has a rule for each resource type that stores data', () => {
  // The types that cfn-lint lists as stateful, and three that it does not.
  const { ResourceTypes } = JSON.parse(
    readFileSync(join(specificationsFolder(), 'StatefulResources.json'), 'utf8'),
  );
  const stateful = [
    ...Object.keys(ResourceTypes),
    'AWS::ECR::Repository',
    'AWS::SNS::Topic',
    'AWS::SQS::Queue',
  ];
  const used = new Set(platforms.flatMap(({ resources }) => resources.map(({ type }) => type)));
  expect(stateful.filter((type) => used.has(type)).sort()).toEqual(Object.keys(RULES).sort());
});

it('production has 35 days of backups, a standby, and deletion protection', () => {
  const [database] = platforms[0]?.of('AWS::RDS::DBInstance', 'cars-api-data') ?? [];
  expect(database?.properties).toMatchObject({
    BackupRetentionPeriod: 35,
    DeletionProtection: true,
    MultiAZ: true,
  });
});

describe('the windows of the database', () => {
  const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
  const HOUR = 60;
  const DAY = 24 * HOUR;
  /** In minutes of the week: `03:00`, or `tue:03:00`. */
  const minuteOf = (text: string) => {
    const [minutes, hours, day] = text.split(':').reverse();
    return DAYS.indexOf(day ?? 'mon') * DAY + Number(hours) * HOUR + Number(minutes);
  };
  const windowOf = (text: string) => text.split('-').map(minuteOf) as [start: number, end: number];
  const daily = ([start, end]: [number, number]) =>
    DAYS.map((_, day) => [start + day * DAY, end + day * DAY]);

  it('are fixed, and an hour or more apart from each other and from the copies of AWS Backup', () => {
    const plans = platforms.flatMap((platform) => platform.of('AWS::Backup::BackupPlan'));
    expect(plans.length).toBeGreaterThan(0);
    const copies = plans.map(({ properties }): [number, number] => {
      const [{ ScheduleExpression, StartWindowMinutes }] = properties.BackupPlan.BackupPlanRule;
      const [, minute = '', hour = ''] = /^cron\((\d+) (\d+) /.exec(ScheduleExpression) ?? [];
      const start = minuteOf(`${hour}:${minute}`);
      return [start, start + StartWindowMinutes];
    });
    const databases = platforms.flatMap(({ of }) => [
      ...of('AWS::RDS::DBInstance').filter((each) => !isOfCluster(each)),
      ...of('AWS::RDS::DBCluster'),
    ]);
    expect(databases).toHaveLength(platforms.length * names.length);
    for (const { properties } of databases) {
      const { PreferredBackupWindow: backup, PreferredMaintenanceWindow: maintenance } = properties;
      expect([backup, maintenance]).toEqual([expect.any(String), expect.any(String)]);
      const kinds = [daily(windowOf(backup)), [windowOf(maintenance)], copies.flatMap(daily)];
      for (const [index, one] of kinds.entries()) {
        for (const other of kinds.slice(index + 1).flat())
          for (const [start = 0, end = 0] of one) {
            // The week starts again after Sunday.
            const gaps = [-7 * DAY, 0, 7 * DAY].map((week) =>
              Math.max((other[0] ?? 0) + week - end, start - (other[1] ?? 0) - week),
            );
            expect(Math.min(...gaps)).toBeGreaterThanOrEqual(HOUR);
          }
      }
    }
    // An instance of Aurora has a maintenance window of its own.
    for (const { properties } of platforms.flatMap(({ of }) => of('AWS::RDS::DBInstance')))
      expect(properties.PreferredMaintenanceWindow).toBe(databases[0]?.properties.PreferredMaintenanceWindow);
  });
});

it('the database requires TLS, and syncs every commit to disk', () => {
  const durable = { innodb_flush_log_at_trx_commit: '1' };
  for (const platform of platforms) {
    const isAurora = platform.of('AWS::RDS::DBCluster').length > 0;
    const groups = platform.of(isAurora ? 'AWS::RDS::DBClusterParameterGroup' : 'AWS::RDS::DBParameterGroup');
    expect(groups).toHaveLength(names.length);
    for (const { properties } of groups)
      expect(properties.Parameters).toMatchObject(
        isAurora
          ? { ...durable, require_secure_transport: 'ON' }
          : { ...durable, require_secure_transport: '1', sync_binlog: '1' },
      );
  }
});

it('no template contains a password', () => {
  for (const template of platforms.flatMap(({ templates }) => [...templates.values()])) {
    const text = JSON.stringify(template);
    // A parameter for a secret would be NoEcho.
    for (const word of ['NoEcho', 'MasterUserPassword":"', 'resolve:secretsmanager', 'SecretString'])
      expect(text).not.toContain(word);
  }
});

it.each(Object.keys(VARIANTS) as VariantName[])(
  'protects stacks of %s from deletion exactly if it protects the database',
  (variant) => {
    const manifest = JSON.parse(readFileSync(join(inject('assemblies'), variant, 'manifest.json'), 'utf8'));
    for (const [name, { database }] of Object.entries<Environment>(VARIANTS[variant])) {
      for (const stack of stacksOf(prefixOf(name as EnvironmentName))) {
        const { terminationProtection = false } = manifest.artifacts[stack].properties;
        expect([stack, terminationProtection]).toEqual([stack, chosen(database.deletionProtection)]);
      }
    }
  },
);
