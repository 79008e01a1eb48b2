/** The requests to RDS that a restore makes, and its errors translated. */

import {
  type DBCluster,
  type DBInstance,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import { explain } from '../core/aws.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { findCluster, findInstance } from '../release/databases.ts';
import { type RestorePoint, requestClusterCopy } from './restored-cluster.ts';

/** The name of a copy that is made now. */
export function nameOfCopy(prefix: string): string {
  return `${prefix}-${new Date().toISOString().slice(0, 16).replaceAll(/\D/g, '')}`;
}

/** Whether an instance is a copy, or the database that a copy has replaced (docs/run/restore.md). */
export function isCopy(id: string, prefix: string): boolean {
  return id.startsWith(`${prefix}-`) && /^(\d{12}|old)$/.test(id.slice(prefix.length + 1));
}

/** The database of the environment: of RDS, or of Aurora. */
export type Source = { readonly instance: DBInstance } | { readonly cluster: DBCluster };

export async function findSource(context: Context, id: string): Promise<Source | undefined> {
  const instance = await findInstance(context, id);
  if (instance !== undefined) return { instance };
  const cluster = await findCluster(context, id);
  return cluster && { cluster };
}

/** Requests a copy. Throws {@link Failure} `refused` when RDS rejects the request. */
export async function requestCopy(
  context: Context,
  source: Source,
  point: RestorePoint,
  target: string,
): Promise<void> {
  try {
    if ('cluster' in source) await requestClusterCopy(context, source.cluster, point, target);
    else await requestInstanceCopy(context, source.instance, point, target);
  } catch (error) {
    throw refusalOf(error, context.prefix, target) ?? error;
  }
}

async function requestInstanceCopy(
  { aws }: Context,
  source: DBInstance,
  point: RestorePoint,
  target: string,
): Promise<void> {
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
}

/**
 * The live instance's settings, because the copy may replace it. Settings that no restore accepts
 * are in the runbook. So are the log exports: RDS would create log groups with the name of the copy,
 * which never expire.
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
    PreferredBackupWindow: source.PreferredBackupWindow,
    DeletionProtection: source.DeletionProtection,
    CopyTagsToSnapshot: true,
    CACertificateIdentifier: source.CACertificateIdentifier,
    EnableIAMDatabaseAuthentication: source.IAMDatabaseAuthenticationEnabled,
  };
}

/**
 * Undefined when the request did not fail because of its content, for example with expired
 * credentials.
 */
function refusalOf(error: unknown, live: string, target: string): Failure | undefined {
  if (!(error instanceof Error) || explain(error) !== undefined) return undefined;
  const { $fault: fault } = error as { $fault?: string };
  if (fault !== 'client') return undefined;
  return new Failure(
    'refused',
    `RDS does not create ${target}: ${error.message}`,
    adviceOn(error.name, live, target),
  );
}

function adviceOn(name: string, live: string, target: string): string {
  if (/^DB(Cluster)?SnapshotNotFound/.test(name))
    return `List them: aws rds describe-db-snapshots --db-instance-identifier ${live}`;
  if (/^DB(Instance|Cluster)AlreadyExists/.test(name))
    return `Somebody else started a restore in this minute. Run the command again in a minute, or wait for the other copy: infra/aws-deploy.sh restore --check ${target}`;
  return 'Nothing was changed. Fix what RDS reports, or choose another point.';
}
