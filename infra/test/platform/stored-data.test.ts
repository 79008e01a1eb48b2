/** What holds data: encrypted, kept, closed to the public, in every environment, whatever environments.ts says. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chosen, ENVIRONMENTS, type Environment, prefixOf } from '../../platform/environments.ts';
import { specificationsFolder } from '../support/cfn-lint.ts';
import { OTHER_CHOICES } from '../support/other-choices.ts';
import { statementsOf } from '../support/statements.ts';
import { type Resource, synthesise } from '../support/synthesised.ts';

const names = Object.keys(ENVIRONMENTS) as (keyof typeof ENVIRONMENTS)[];
const platforms = [synthesise(), synthesise({}, OTHER_CHOICES)];

/** The environment that a resource belongs to; undefined for what all share. */
function environmentOf({ stack }: Resource): Environment | undefined {
  const name = names
    .toSorted((a, b) => prefixOf(b).length - prefixOf(a).length)
    .find((each) => stack.startsWith(`${prefixOf(each)}-`) && stack !== 'cars-api-shared');
  return name && ENVIRONMENTS[name];
}

/** Whether the environment says, with its reason, that it may be taken down with all that it holds. */
const mayGo = (resource: Resource) => {
  const { database } = environmentOf(resource) ?? {};
  return database !== undefined && !chosen(database.deletionProtection);
};

const keep = ({ deletionPolicy, updateReplacePolicy }: Resource, policy: string) =>
  expect({ deletionPolicy, updateReplacePolicy }).toEqual({
    deletionPolicy: policy,
    updateReplacePolicy: policy,
  });

/** Who must use TLS to reach a bucket or a topic. */
function expectTlsOnly({ stack, id }: Resource): void {
  const denials = platforms
    .flatMap((platform) => statementsOf(platform))
    .filter(({ of, effect }) => effect === 'Deny' && of.startsWith(`${stack} `));
  const about = denials.filter(({ targets }) => targets.includes(id));
  expect(about.length, `${stack} ${id}`).toBeGreaterThan(0);
  for (const { conditions } of about)
    expect(conditions).toEqual({ Bool: { 'aws:SecureTransport': 'false' } });
}

const RULES: Readonly<Record<string, (resource: Resource) => void>> = {
  'AWS::RDS::DBInstance'(resource) {
    const { database } = environmentOf(resource) as Environment;
    const { properties } = resource;
    expect(properties).toMatchObject({
      StorageEncrypted: true,
      PubliclyAccessible: false,
      BackupRetentionPeriod: chosen(database.backupDays),
      DeletionProtection: chosen(database.deletionProtection),
      CopyTagsToSnapshot: true,
    });
    expect(properties.BackupRetentionPeriod).toBeGreaterThanOrEqual(7);
    keep(resource, 'Snapshot');
  },
  'AWS::DynamoDB::Table'(resource) {
    const { properties } = resource;
    expect(properties.SSESpecification).toEqual({ SSEEnabled: true });
    expect(properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).toBe(true);
    expect(properties.DeletionProtectionEnabled).toBe(!mayGo(resource));
    keep(resource, mayGo(resource) ? 'Delete' : 'Retain');
  },
  'AWS::SecretsManager::Secret'(resource) {
    const { properties } = resource;
    // Secrets Manager encrypts each; without a key of ours with AWS's own, which no other account may use.
    expect(properties.KmsKeyId).toBeUndefined();
    expect(properties.SecretString).toBeUndefined();
    expect(properties.GenerateSecretString.PasswordLength).toBeGreaterThanOrEqual(30);
    keep(resource, 'Retain');
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
    // ECR encrypts with AES-256 where nothing is said, as CDK knows; it has no way not to.
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
    // CloudWatch Logs encrypts every group; a key of ours would have to be kept as long as the log.
    expect(key).toBeUndefined();
    // For ever is no choice: logs have addresses and names of callers.
    expect(days).toBeGreaterThanOrEqual(30);
    // A list of tasks that ended, which ECS's events also were: nobody misses it with the environment.
    const isSmall = /-stopped-tasks$/.test(name);
    keep(resource, mayGo(resource) || isSmall ? 'Delete' : 'Retain');
  },
};

describe.each(Object.keys(RULES))('each %s', (type) => {
  const resources = platforms.flatMap((platform) => platform.of(type));

  // Proves: exposed-storage
  it('is encrypted, and kept as the environment says', () => {
    expect(resources.length).toBeGreaterThan(0);
    for (const resource of resources) RULES[type]?.(resource);
  });
});

it('has a rule for each type that holds data', () => {
  // As cfn-lint lists them, and two that it does not.
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
}, 300_000);

it('gives production what it was promised: thirty-five days of backups, and no deletion by mistake', () => {
  const [database] = platforms[0]?.of('AWS::RDS::DBInstance', 'cars-api-data') ?? [];
  expect(database?.properties).toMatchObject({
    BackupRetentionPeriod: 35,
    DeletionProtection: true,
    MultiAZ: true,
  });
});

it('lets nobody reach the database without TLS, and loses nothing that was acknowledged', () => {
  const groups = platforms.flatMap((platform) => platform.of('AWS::RDS::DBParameterGroup'));
  expect(groups).toHaveLength(platforms.length * names.length);
  for (const { properties } of groups) {
    expect(properties.Parameters).toMatchObject({
      require_secure_transport: 'ON',
      innodb_flush_log_at_trx_commit: '1',
      sync_binlog: '1',
    });
  }
});

it('has no password in a template: they are made by Secrets Manager, and read by reference', () => {
  const databases = platforms.flatMap((platform) => platform.of('AWS::RDS::DBInstance'));
  expect(databases.length).toBeGreaterThan(0);
  for (const { properties } of databases)
    expect(JSON.stringify(properties.MasterUserPassword)).toContain('resolve:secretsmanager:');
  for (const template of platforms.flatMap(({ templates }) => [...templates.values()])) {
    // A parameter for a secret would be NoEcho, and whoever deploys would have to know it.
    expect(JSON.stringify(template)).not.toContain('NoEcho');
  }
});
