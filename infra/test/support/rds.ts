/**
 * A stand-in for RDS, written from its API reference (version 2014-10-31), for the actions that
 * `restore` calls. It keeps instances and snapshots, returns the documented errors, and takes new
 * instances through the documented states.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/
 */

import { AwsError, type Document, type Handler } from '../../rehearsal/ecs/handler.ts';

export interface Rds {
  readonly handler: Handler;
  /** By name, as DescribeDBInstances returns them, with plain lists. */
  readonly instances: Map<string, Document>;
  /** Of Aurora, by name. */
  readonly clusters: Map<string, Document>;
  /** The requests so far. */
  readonly requests: { readonly action: string; readonly input: Document }[];
  /** The states of a restored instance, one per request; it stays in the last. */
  states: readonly string[];
}

/** @param snapshots the names of existing snapshots. */
export function createRds(live: Document, snapshots: readonly string[]): Rds {
  const instances = new Map<string, Document>([[live['DBInstanceIdentifier'], live]]);
  const clusters = new Map<string, Document>();
  const ahead = new Map<string, string[]>();

  /** The next state of something in creation. */
  const advance = (id: string, now: string) => ahead.get(id)?.shift() ?? now;

  const find = (id: string): Document => {
    const instance = instances.get(id);
    if (instance === undefined) throw new AwsError('DBInstanceNotFound', `DBInstance ${id} not found.`, 404);
    return instance;
  };

  /** The common part of both ways to restore. */
  function make(id: string, input: Document): Document {
    // 1 to 63 letters, digits and hyphens, starting with a letter, no hyphen at the end or next to
    // another.
    if (!/^(?=.{1,63}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/i.test(id))
      throw new AwsError('InvalidParameterValue', `The parameter DBInstanceIdentifier is not valid: ${id}`);
    if (instances.has(id)) throw new AwsError('DBInstanceAlreadyExists', 'DB instance already exists');
    const [first = 'creating', ...later] = self.states;
    ahead.set(id, later);
    const instance: Document = {
      ...live,
      DBInstanceIdentifier: id,
      DBInstanceStatus: first,
      Endpoint: undefined,
      DBInstanceClass: input['DBInstanceClass'] ?? live['DBInstanceClass'],
      // Without these parameters RDS uses its own defaults, not the source's settings.
      DBSubnetGroup: input['DBSubnetGroupName'] ?? 'default',
      VpcSecurityGroups: input['VpcSecurityGroupIds']?.VpcSecurityGroupId ?? ['default'],
      DBParameterGroups: [input['DBParameterGroupName'] ?? 'default.mysql8.4'],
      MultiAZ: input['MultiAZ'] === 'true',
      DeletionProtection: input['DeletionProtection'] === 'true',
      PubliclyAccessible: input['PubliclyAccessible'] !== 'false',
      EnabledCloudwatchLogsExports: input['EnableCloudwatchLogsExports'] ?? [],
      BackupRetentionPeriod: Number(input['BackupRetentionPeriod'] ?? 1),
      PreferredBackupWindow: input['PreferredBackupWindow'] ?? 'at random',
    };
    instances.set(id, instance);
    return { DBInstance: shown(instance) };
  }

  const actions: Record<string, (input: Document) => Document> = {
    DescribeDBInstances({ DBInstanceIdentifier: id }) {
      const instance = find(id);
      instance['DBInstanceStatus'] = advance(id, instance['DBInstanceStatus']);
      // An instance in creation may have no address.
      if (instance['DBInstanceStatus'] !== 'creating')
        instance['Endpoint'] ??= { Address: `${id}.c0ffee.eu-central-1.rds.amazonaws.com`, Port: 3306 };
      return { DBInstances: listOf('DBInstance', [shown(instance)]) };
    },
    DescribeDBClusters({ DBClusterIdentifier: id }) {
      const cluster = clusters.get(id);
      if (cluster === undefined)
        throw new AwsError('DBClusterNotFoundFault', `DBCluster ${id} not found.`, 404);
      cluster['Status'] = advance(id, cluster['Status']);
      const members = cluster['members'].map((DBInstanceIdentifier: string) => ({
        DBInstanceIdentifier,
        IsClusterWriter: true,
      }));
      return {
        DBClusters: listOf('DBCluster', [
          {
            ...cluster,
            VpcSecurityGroups: listOf('VpcSecurityGroupMembership', [{ VpcSecurityGroupId: 'sg-database' }]),
            DBClusterMembers: listOf('DBClusterMember', members),
          },
        ]),
      };
    },
    RestoreDBClusterToPointInTime(input) {
      const { DBClusterIdentifier: id, SourceDBClusterIdentifier: source } = input;
      clusters.set(id, {
        ...clusters.get(source),
        DBClusterIdentifier: id,
        Status: 'creating',
        Endpoint: `${id}.cluster-c0ffee.eu-central-1.rds.amazonaws.com`,
        members: [],
      });
      ahead.set(id, ['creating', 'available']);
      return { DBCluster: { DBClusterIdentifier: id } };
    },
    CreateDBInstance(input) {
      const cluster = clusters.get(input['DBClusterIdentifier']);
      if (cluster?.['Status'] !== 'available')
        throw new AwsError('InvalidDBClusterStateFault', 'The DB cluster is not available');
      cluster['members'].push(input['DBInstanceIdentifier']);
      return make(input['DBInstanceIdentifier'], input);
    },
    RestoreDBInstanceFromDBSnapshot(input) {
      const { DBSnapshotIdentifier: snapshot } = input;
      if (!snapshots.includes(snapshot))
        throw new AwsError('DBSnapshotNotFound', `DBSnapshot not found: ${snapshot}`, 404);
      return make(input['DBInstanceIdentifier'], input);
    },
    RestoreDBInstanceToPointInTime(input) {
      const source = find(input['SourceDBInstanceIdentifier']);
      const { RestoreTime: time, UseLatestRestorableTime: latest } = input;
      if ((time === undefined) === (latest !== 'true'))
        throw new AwsError(
          'InvalidParameterCombination',
          'RestoreTime and UseLatestRestorableTime exclude each other',
        );
      const days = source['BackupRetentionPeriod'];
      if (days === 0) throw new AwsError('PointInTimeRestoreNotEnabled', 'Automated backups are off');
      const last: Date = source['LatestRestorableTime'];
      const first = last.getTime() - days * 86_400_000;
      if (time !== undefined && (new Date(time) > last || new Date(time).getTime() < first))
        // The reference names no error for this case.
        throw new AwsError('InvalidParameterValue', `The restore time ${time} is out of range`);
      return make(input['TargetDBInstanceIdentifier'], input);
    },
  };

  const self: Rds = {
    handler(action, input) {
      self.requests.push({ action, input });
      const act = actions[action];
      if (act === undefined) throw new AwsError('InvalidAction', `the stand-in has no ${action}`);
      return act(input);
    },
    instances,
    clusters,
    requests: [],
    states: ['creating', 'creating', 'backing-up', 'available'],
  };
  return self;
}

/** A list whose items have this name in XML: `<DBInstances><DBInstance>`. */
export function listOf<Item>(itemName: string, items: readonly Item[]): readonly Item[] {
  return Object.assign([...items], { itemName });
}

/** As RDS returns it. */
function shown(instance: Document): Document {
  return {
    ...instance,
    DBSubnetGroup: { DBSubnetGroupName: instance['DBSubnetGroup'] },
    VpcSecurityGroups: listOf(
      'VpcSecurityGroupMembership',
      instance['VpcSecurityGroups'].map((VpcSecurityGroupId: string) => ({
        VpcSecurityGroupId,
        Status: 'active',
      })),
    ),
    DBParameterGroups: listOf(
      'DBParameterGroup',
      instance['DBParameterGroups'].map((DBParameterGroupName: string) => ({
        DBParameterGroupName,
        ParameterApplyStatus: 'in-sync',
      })),
    ),
  };
}
