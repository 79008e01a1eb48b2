/** Finds the databases of RDS, and the secret of an environment's database. */

import {
  type DBCluster,
  type DBInstance,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
} from '@aws-sdk/client-rds';
import type { Context } from '../core/context.ts';

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

/** Undefined when it does not exist. */
export async function findCluster({ aws }: Context, id: string): Promise<DBCluster | undefined> {
  try {
    const { DBClusters: [cluster] = [] } = await aws.rds.send(
      new DescribeDBClustersCommand({ DBClusterIdentifier: id }),
    );
    return cluster;
  } catch (error) {
    if (error instanceof Error && /^DBClusterNotFound/.test(error.name)) return undefined;
    throw error;
  }
}

/**
 * The reference to a secret that RDS manages, for the database as it is now: a restored one has another secret than `setup`
 * wrote (docs/run/restore.md). Other references stay.
 *
 * @param reference `arn:…:secret:NAME:json-key:stage:version`. RDS names its secrets `rds!db-…` and `rds!cluster-…`:
 *   https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
 */
export async function secretOfLiveDatabase(context: Context, reference: string): Promise<string> {
  const [, kind] = /:secret:rds!(db|cluster)-/.exec(reference) ?? [];
  if (kind === undefined) return reference;
  const live = await (kind === 'db' ? findInstance : findCluster)(context, context.prefix);
  const arn = live?.MasterUserSecret?.SecretArn;
  return arn === undefined ? reference : [arn, ...reference.split(':').slice(7)].join(':');
}
