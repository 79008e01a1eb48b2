/** The database: MySQL on RDS, or Aurora MySQL. */

import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { InstanceType, type SecurityGroup, type Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  AuroraMysqlEngineVersion,
  CaCertificate,
  CfnEventSubscription,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseInstance,
  DatabaseInstanceEngine,
  MysqlEngineVersion,
  ParameterGroup,
  StorageType,
  SubnetGroup,
} from 'aws-cdk-lib/aws-rds';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { DATABASE, MYSQL_PORT } from '../contract.ts';
import { chosen, type Environment } from '../environments.ts';
import { acknowledge } from './acknowledge.ts';

export interface DatabaseProps {
  readonly environment: Environment;
  readonly prefix: string;
  readonly vpc: Vpc;
  readonly databaseGroup: SecurityGroup;
  readonly topic: ITopic;
}

/** Without a minor version, because AWS upgrades those by itself in the maintenance window. */
const MYSQL = MysqlEngineVersion.of('8.4', '8.4');

/** Aurora takes no major version alone. AWS upgrades this one too; CloudFormation then keeps it. */
const AURORA = AuroraMysqlEngineVersion.VER_3_12_0;

/** The logs that the database sends to CloudWatch. */
const LOGS = ['error', 'slowquery'];

const SLOW_QUERIES = { slow_query_log: '1', long_query_time: '0.5' };

/**
 * Otherwise RDS chooses them at random, and the daily job of AWS Backup, which starts between 03:00
 * and 04:00 (backups.ts), fails when it starts in the maintenance window or in the hour before it.
 * The two windows must not overlap. They are in UTC, at night in Europe.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/plan-options-and-configuration.html
 */
const WINDOWS = { backup: '22:30-23:00', maintenance: 'tue:00:30-tue:01:30' };

export class Database extends Construct {
  readonly address: string;
  /** Of the secret with the master's password, which RDS rotates. */
  readonly masterSecretArn: string;
  readonly arn: string;
  /** The subnets that only the database uses. */
  readonly subnets: SubnetGroup;

  private readonly props: DatabaseProps;
  private readonly key: Key;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    this.props = props;
    const { environment, vpc, prefix } = props;
    // Our own key: a snapshot under AWS's key cannot be shared, and the key cannot be changed later.
    this.key = new Key(this, 'Key', {
      enableKeyRotation: true,
      description: `${prefix} database`,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.subnets = new SubnetGroup(this, 'Subnets', {
      description: `${prefix} database`,
      vpc,
      vpcSubnets: { subnetGroupName: 'isolated' },
    });
    const { kind } = environment.database;
    const isAurora = kind === 'aurora';
    const made = isAurora ? this.addCluster() : this.addInstance();
    this.address = made.address;
    this.masterSecretArn = made.masterSecretArn;
    this.arn = Stack.of(this).formatArn({
      service: 'rds',
      resource: isAurora ? 'cluster' : 'db',
      resourceName: prefix,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    this.acknowledgeChoices(made.construct);
    this.addLogGroups(made.construct, isAurora ? 'cluster' : 'instance');
    this.addEvents(made.construct, isAurora ? 'db-cluster' : 'db-instance');
  }

  private addInstance() {
    const { environment, prefix, vpc, databaseGroup } = this.props;
    const { instance, storage, multiAz, backupDays, deletionProtection } = environment.database;
    const engine = DatabaseInstanceEngine.mysql({ version: MYSQL });
    const construct = new DatabaseInstance(this, 'Instance', {
      ...this.shared(),
      instanceIdentifier: prefix,
      engine,
      instanceType: new InstanceType(instance),
      databaseName: DATABASE.name,
      caCertificate: CaCertificate.RDS_CA_RSA2048_G1,
      vpc,
      subnetGroup: this.subnets,
      securityGroups: [databaseGroup],
      publiclyAccessible: false,
      multiAz: chosen(multiAz),
      storageType: StorageType.GP3,
      allocatedStorage: storage.initial,
      maxAllocatedStorage: storage.max,
      backupRetention: Duration.days(chosen(backupDays)),
      preferredBackupWindow: WINDOWS.backup,
      deletionProtection: chosen(deletionProtection),
      autoMinorVersionUpgrade: true,
      enablePerformanceInsights: true,
      parameterGroup: new ParameterGroup(this, 'Parameters', {
        engine,
        parameters: {
          // `ON` in the parameters of an Aurora cluster, 1 in those of an instance:
          // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/mysql-ssl-connections.require-ssl.html
          // https://github.com/prowler-cloud/prowler/pull/4116
          require_secure_transport: '1',
          // Defaults, set explicitly because durability depends on them: an acknowledged write is
          // on disk.
          innodb_flush_log_at_trx_commit: '1',
          sync_binlog: '1',
          ...SLOW_QUERIES,
        },
      }),
    });
    const resource = construct.node.defaultChild as { attrMasterUserSecretSecretArn?: string };
    return {
      construct,
      address: construct.dbInstanceEndpointAddress,
      masterSecretArn: resource.attrMasterUserSecretSecretArn ?? '',
    };
  }

  /** A writer, and with `multiAz` a reader in another zone that takes over. */
  private addCluster() {
    const { environment, prefix, vpc, databaseGroup } = this.props;
    const { instance, multiAz, backupDays, deletionProtection } = environment.database;
    const engine = DatabaseClusterEngine.auroraMysql({ version: AURORA });
    const each = {
      instanceType: new InstanceType(instance),
      caCertificate: CaCertificate.RDS_CA_RSA2048_G1,
      publiclyAccessible: false,
      autoMinorVersionUpgrade: true,
      preferredMaintenanceWindow: WINDOWS.maintenance,
      enablePerformanceInsights: true,
      parameterGroup: new ParameterGroup(this, 'InstanceParameters', { engine, parameters: SLOW_QUERIES }),
    };
    const construct = new DatabaseCluster(this, 'Cluster', {
      ...this.shared(),
      clusterIdentifier: prefix,
      engine,
      writer: ClusterInstance.provisioned('Writer', each),
      readers: chosen(multiAz) ? [ClusterInstance.provisioned('Reader', { ...each, promotionTier: 1 })] : [],
      defaultDatabaseName: DATABASE.name,
      vpc,
      subnetGroup: this.subnets,
      securityGroups: [databaseGroup],
      backup: { retention: Duration.days(chosen(backupDays)), preferredWindow: WINDOWS.backup },
      deletionProtection: chosen(deletionProtection),
      // Aurora has no `sync_binlog`. With 0, it would not wait for its storage.
      parameterGroup: new ParameterGroup(this, 'Parameters', {
        engine,
        parameters: { require_secure_transport: 'ON', innodb_flush_log_at_trx_commit: '1' },
      }),
    });
    acknowledge(
      construct,
      'AwsSolutions-RDS14',
      'a mistake is undone by restoring a copy; backtracking would also undo the later writes',
    );
    const resource = construct.node.defaultChild as { attrMasterUserSecretSecretArn?: string };
    return {
      construct,
      address: construct.clusterEndpoint.hostname,
      masterSecretArn: resource.attrMasterUserSecretSecretArn ?? '',
    };
  }

  private shared() {
    return {
      // RDS generates the password, keeps it in Secrets Manager and rotates it every seven days.
      credentials: Credentials.fromUsername(DATABASE.master),
      manageMasterUserPassword: true,
      iamAuthentication: true,
      port: MYSQL_PORT,
      storageEncrypted: true,
      storageEncryptionKey: this.key,
      copyTagsToSnapshot: true,
      preferredMaintenanceWindow: WINDOWS.maintenance,
      // A final snapshot remains when the stack is deleted.
      removalPolicy: RemovalPolicy.SNAPSHOT,
      cloudwatchLogsExports: LOGS,
      monitoringInterval: Duration.seconds(60),
    };
  }

  private acknowledgeChoices(database: Construct): void {
    const { multiAz, deletionProtection } = this.props.environment.database;
    acknowledge(
      database,
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole]',
      "AWS's managed policy for RDS enhanced monitoring",
    );
    acknowledge(
      database,
      'CloudFormation-Validate::E9006',
      'RDS accepts a major version: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html',
    );
    acknowledge(
      database,
      'AwsSolutions-RDS11',
      'only the tasks can reach the database, so another port would not add protection',
    );
    for (const [rule, choice] of [
      ['AwsSolutions-RDS3', multiAz],
      ['AwsSolutions-RDS10', deletionProtection],
    ] as const) {
      if (choice !== true) acknowledge(database, rule, choice.reason);
    }
  }

  /** RDS would create them without an end, so they must exist first. */
  private addLogGroups(database: Construct, kind: 'instance' | 'cluster'): void {
    const isProtected = chosen(this.props.environment.database.deletionProtection);
    for (const log of LOGS) {
      const group = new LogGroup(this, `${log}Log`, {
        logGroupName: `/aws/rds/${kind}/${this.props.prefix}/${log}`,
        retention: RetentionDays.THREE_MONTHS,
        removalPolicy: isProtected ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
      });
      database.node.addDependency(group);
    }
  }

  /** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html */
  private addEvents(database: Construct, sourceType: 'db-instance' | 'db-cluster'): void {
    const subscription = new CfnEventSubscription(this, 'Events', {
      snsTopicArn: this.props.topic.topicArn,
      sourceType,
      sourceIds: [this.props.prefix],
      eventCategories: ['failover', 'failure', 'maintenance'].concat(
        sourceType === 'db-instance' ? ['low storage', 'recovery'] : [],
      ),
    });
    subscription.node.addDependency(database);
  }
}
