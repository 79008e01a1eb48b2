/** The requests to RDS that a restore of an Aurora cluster makes. */

import {
  CreateDBInstanceCommand,
  type DBCluster,
  DescribeDBInstancesCommand,
  RestoreDBClusterFromSnapshotCommand,
  RestoreDBClusterToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import type { Context } from '../core/context.ts';
import { findCluster } from '../release/databases.ts';

/** What a restore starts from: a snapshot, a moment, or the latest moment that RDS has. */
export type RestorePoint = { readonly snapshot: string } | { readonly time: Date } | 'latest';

/**
 * The copy gets the live cluster's settings, because it may replace it, but not its log exports
 * (restored-instance.ts).
 */
export async function requestClusterCopy(
  { aws }: Context,
  source: DBCluster,
  point: RestorePoint,
  target: string,
): Promise<void> {
  const settings = {
    DBClusterIdentifier: target,
    DBSubnetGroupName: source.DBSubnetGroup,
    VpcSecurityGroupIds: (source.VpcSecurityGroups ?? []).map(
      ({ VpcSecurityGroupId = '' }) => VpcSecurityGroupId,
    ),
    DBClusterParameterGroupName: source.DBClusterParameterGroup,
    PreferredBackupWindow: source.PreferredBackupWindow,
    DeletionProtection: source.DeletionProtection,
    CopyTagsToSnapshot: true,
    EnableIAMDatabaseAuthentication: source.IAMDatabaseAuthenticationEnabled,
  };
  if (typeof point === 'object' && 'snapshot' in point) {
    await aws.rds.send(
      new RestoreDBClusterFromSnapshotCommand({
        ...settings,
        SnapshotIdentifier: point.snapshot,
        Engine: source.Engine,
        EngineVersion: source.EngineVersion,
      }),
    );
    return;
  }
  await aws.rds.send(
    new RestoreDBClusterToPointInTimeCommand({
      ...settings,
      SourceDBClusterIdentifier: source.DBClusterIdentifier,
      ...(point === 'latest' ? { UseLatestRestorableTime: true } : { RestoreToTime: point.time }),
    }),
  );
}

/**
 * The state of a copy: that of the cluster, and then of its writer. A restored cluster has no
 * instance, and one can be created only when it is available:
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBClusterToPointInTime.html
 */
export async function stateOfCopy(context: Context, copy: DBCluster): Promise<string | undefined> {
  if (copy.Status !== 'available') return copy.Status;
  const [member] = copy.DBClusterMembers ?? [];
  if (member === undefined) {
    // RDS may not list yet the writer that an earlier look created.
    await createWriter(context, copy).catch((error: Error) => {
      if (!/^DBInstanceAlreadyExists/.test(error.name)) throw error;
    });
    return 'creating its writer';
  }
  const { DBInstances: [writer] = [] } = await context.aws.rds.send(
    new DescribeDBInstancesCommand({ DBInstanceIdentifier: member.DBInstanceIdentifier }),
  );
  return writer?.DBInstanceStatus;
}

/** Like the writer of the live cluster. */
async function createWriter(context: Context, { DBClusterIdentifier: cluster, Engine }: DBCluster) {
  const live = await findCluster(context, context.prefix);
  const model = live?.DBClusterMembers?.find(({ IsClusterWriter }) => IsClusterWriter);
  const { DBInstances: [writer] = [] } = await context.aws.rds.send(
    new DescribeDBInstancesCommand({ DBInstanceIdentifier: model?.DBInstanceIdentifier }),
  );
  await context.aws.rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: `${cluster}-writer`,
      DBClusterIdentifier: cluster,
      Engine,
      DBInstanceClass: writer?.DBInstanceClass,
      DBParameterGroupName: writer?.DBParameterGroups?.[0]?.DBParameterGroupName,
      CACertificateIdentifier: writer?.CACertificateIdentifier,
      PubliclyAccessible: false,
      AutoMinorVersionUpgrade: writer?.AutoMinorVersionUpgrade,
    }),
  );
}
