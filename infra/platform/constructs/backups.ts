/**
 * Copies of the database that AWS Backup makes each day, in this region and in another, and the
 * weekly test that one can be restored. Besides them, the database has its own backups, from which
 * any second can be restored.
 */

import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  BackupPlan,
  BackupPlanRule,
  BackupResource,
  BackupVault,
  CfnRestoreTestingPlan,
  CfnRestoreTestingSelection,
} from 'aws-cdk-lib/aws-backup';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { COPY_VAULT } from '../contract.ts';
import type { Environment } from '../environments.ts';
import { acknowledge } from './acknowledge.ts';
import type { Database } from './database.ts';
import { RunbookAlarm } from './runbook-alarm.ts';

export interface BackupsProps {
  readonly environment: Environment;
  readonly prefix: string;
  readonly topic: ITopic;
  readonly database: Database;
}

const DAYS = 35;

const POLICIES = ['AWSBackupServiceRolePolicyForBackup', 'AWSBackupServiceRolePolicyForRestores'];

export function addBackups(scope: Construct, props: BackupsProps): void {
  const { region, restoreTest } = props.environment.recovery;
  if ('reason' in region) return;
  const role = new Role(scope, 'BackupRole', {
    assumedBy: new ServicePrincipal('backup.amazonaws.com'),
    managedPolicies: POLICIES.map((name) => ManagedPolicy.fromAwsManagedPolicyName(`service-role/${name}`)),
  });
  for (const name of POLICIES) {
    acknowledge(
      role,
      `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${name}]`,
      "AWS's managed policy for AWS Backup",
    );
  }
  const vault = new BackupVault(scope, 'Vault', {
    backupVaultName: props.prefix,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  const plan = new BackupPlan(scope, 'BackupPlan', { backupPlanName: props.prefix });
  plan.addRule(
    new BackupPlanRule({
      ruleName: 'daily',
      backupVault: vault,
      scheduleExpression: Schedule.cron({ hour: '3', minute: '0' }),
      startWindow: Duration.hours(1),
      completionWindow: Duration.hours(6),
      deleteAfter: Duration.days(DAYS),
      copyActions: [
        {
          destinationBackupVault: copyVault(scope, region.copyTo),
          deleteAfter: Duration.days(DAYS),
        },
      ],
    }),
  );
  plan.addSelection('Selection', { role, resources: [BackupResource.fromArn(props.database.arn)] });
  if (restoreTest === 'weekly') addRestoreTest(scope, props, { role, vault });
  for (const [name, metric, means] of [
    ['backup-failed', 'NumberOfBackupJobsFailed', 'The daily copy of the database could not be made.'],
    ['copy-failed', 'NumberOfCopyJobsFailed', 'The daily copy could not be sent to the other region.'],
    ['restore-test-failed', 'NumberOfRestoreJobsFailed', 'A copy could not be restored in the weekly test.'],
  ] as const) {
    new RunbookAlarm(scope, props, {
      name,
      means,
      metric: jobs(metric),
      above: 0,
      minutes: 60,
      together: true,
    });
  }
}

/** `setup` creates it, because a stack has one region. */
function copyVault(scope: Construct, region: string) {
  const arn = Stack.of(scope).formatArn({
    service: 'backup',
    region,
    resource: 'backup-vault',
    resourceName: COPY_VAULT,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return BackupVault.fromBackupVaultArn(scope, 'CopyVault', arn);
}

/**
 * Restores the latest copy into the subnets of the database, and deletes the restored database an
 * hour later. https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html
 */
function addRestoreTest(
  scope: Construct,
  { prefix, environment, database }: BackupsProps,
  { role, vault }: { readonly role: Role; readonly vault: BackupVault },
): void {
  // Names of these two may have no hyphens.
  const name = prefix.replaceAll('-', '_');
  const plan = new CfnRestoreTestingPlan(scope, 'RestoreTestingPlan', {
    restoreTestingPlanName: name,
    scheduleExpression: 'cron(0 6 ? * SUN *)',
    startWindowHours: 1,
    recoveryPointSelection: {
      algorithm: 'LATEST_WITHIN_WINDOW',
      includeVaults: [vault.backupVaultArn],
      recoveryPointTypes: ['SNAPSHOT'],
      selectionWindowDays: 7,
    },
  });
  const selection = new CfnRestoreTestingSelection(scope, 'RestoreTestingSelection', {
    restoreTestingPlanName: name,
    restoreTestingSelectionName: name,
    iamRoleArn: role.roleArn,
    protectedResourceType: environment.database.kind === 'aurora' ? 'Aurora' : 'RDS',
    protectedResourceArns: [database.arn],
    restoreMetadataOverrides: { dbSubnetGroupName: database.subnets.subnetGroupName },
    validationWindowHours: 1,
  });
  selection.node.addDependency(plan);
}

/** https://docs.aws.amazon.com/aws-backup/latest/devguide/cloudwatch.html */
function jobs(metricName: string): Metric {
  return new Metric({ namespace: 'AWS/Backup', metricName, statistic: Stats.SUM });
}
