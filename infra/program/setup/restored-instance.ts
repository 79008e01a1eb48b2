/** The requests to RDS that a restore makes, and its errors translated. */

import {
  type DBInstance,
  DescribeDBInstancesCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import { explain } from '../core/aws.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';

export type RestorePoint = { readonly snapshot: string } | { readonly time: Date } | 'latest';

/** Undefined when it does not exist. */
export async function findInstance({ aws }: Context, id: string): Promise<DBInstance | undefined> {
  try {
    const { DBInstances: [instance] = [] } = await aws.rds.send(
      new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }),
    );
    return instance;
  } catch (error) {
    if (error instanceof Error && /^DBInstanceNotFound/.test(error.name)) return undefined;
    throw error;
  }
}

/** Requests a copy. Throws {@link Failure} `refused` when RDS rejects the request. */
export async function requestCopy(
  { aws }: Context,
  source: DBInstance,
  point: RestorePoint,
  target: string,
): Promise<void> {
  try {
    await (typeof point === 'object' && 'snapshot' in point
      ? aws.rds.send(
          new RestoreDBInstanceFromDBSnapshotCommand({
            ...settingsOf(source),
            DBInstanceIdentifier: target,
            DBSnapshotIdentifier: point.snapshot,
          }),
        )
      : aws.rds.send(
          new RestoreDBInstanceToPointInTimeCommand({
            ...settingsOf(source),
            // A restore from a snapshot has no such parameter.
            MaxAllocatedStorage: source.MaxAllocatedStorage,
            SourceDBInstanceIdentifier: source.DBInstanceIdentifier,
            TargetDBInstanceIdentifier: target,
            ...(point === 'latest' ? { UseLatestRestorableTime: true } : { RestoreTime: point.time }),
          }),
        ));
  } catch (error) {
    throw refusalOf(error, source, target) ?? error;
  }
}

/**
 * The live instance's settings, because the copy may replace it. Settings that no restore accepts
 * are in the runbook.
 */
function settingsOf(source: DBInstance) {
  return {
    DBSubnetGroupName: source.DBSubnetGroup?.DBSubnetGroupName,
    VpcSecurityGroupIds: (source.VpcSecurityGroups ?? []).map(
      ({ VpcSecurityGroupId = '' }) => VpcSecurityGroupId,
    ),
    DBParameterGroupName: source.DBParameterGroups?.[0]?.DBParameterGroupName,
    DBInstanceClass: source.DBInstanceClass,
    MultiAZ: source.MultiAZ,
    StorageType: source.StorageType,
    PubliclyAccessible: false,
    AutoMinorVersionUpgrade: source.AutoMinorVersionUpgrade,
    BackupRetentionPeriod: source.BackupRetentionPeriod,
    DeletionProtection: source.DeletionProtection,
    CopyTagsToSnapshot: true,
    CACertificateIdentifier: source.CACertificateIdentifier,
    EnableIAMDatabaseAuthentication: source.IAMDatabaseAuthenticationEnabled,
    EnableCloudwatchLogsExports: source.EnabledCloudwatchLogsExports,
  };
}

/**
 * Undefined when the request did not fail because of its content, for example with expired
 * credentials.
 */
function refusalOf(error: unknown, source: DBInstance, target: string): Failure | undefined {
  if (!(error instanceof Error) || explain(error) !== undefined) return undefined;
  const { $fault: fault } = error as { $fault?: string };
  if (fault !== 'client') return undefined;
  return new Failure(
    'refused',
    `RDS does not create ${target}: ${error.message}`,
    adviceOn(error.name, source, target),
  );
}

function adviceOn(name: string, { DBInstanceIdentifier: live }: DBInstance, target: string): string {
  if (/^DBSnapshotNotFound/.test(name))
    return `List them: aws rds describe-db-snapshots --db-instance-identifier ${live}`;
  if (/^DBInstanceAlreadyExists/.test(name))
    return `Somebody else started a restore in this minute. Repeat the command in a minute, or wait for the other copy: infra/aws-deploy.sh restore --check ${target}`;
  return 'Nothing was changed. Fix what RDS reports, or choose another point.';
}
