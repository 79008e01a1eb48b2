/** The database and its passwords. */

import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { InstanceType, type SecurityGroup, type Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  CaCertificate,
  CfnEventSubscription,
  Credentials,
  DatabaseInstance,
  DatabaseInstanceEngine,
  DatabaseSecret,
  MysqlEngineVersion,
  ParameterGroup,
  StorageType,
} from 'aws-cdk-lib/aws-rds';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import { DATABASE, MYSQL_PORT } from '../contract.ts';
import { chosen, type Environment } from '../environments.ts';

export interface DataStackProps extends StackProps {
  readonly environment: Environment;
  readonly prefix: string;
  readonly vpc: Vpc;
  readonly databaseGroup: SecurityGroup;
  readonly topic: ITopic;
}

/** Without a minor version, because AWS upgrades those by itself in the maintenance window. */
const ENGINE = MysqlEngineVersion.of('8.4', '8.4');

/** The logs that the database sends to CloudWatch. */
const LOGS = ['error', 'slowquery'];

export class DataStack extends Stack {
  readonly database: DatabaseInstance;
  /** The password of the master user. Only migrations read it. */
  readonly masterSecret: DatabaseSecret;
  /** The password of the user that serving tasks connect as. */
  readonly appSecret: DatabaseSecret;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    this.masterSecret = this.addSecret('MasterSecret', DATABASE.master);
    this.appSecret = this.addSecret('AppSecret', DATABASE.app);
    this.database = this.addDatabase(props);
    this.addEvents(props);
    // Needed to rotate a password or to restore: docs/run/runbook.md.
    new CfnOutput(this, 'DatabaseAddress', { value: this.database.dbInstanceEndpointAddress });
    new CfnOutput(this, 'MasterSecretArn', { value: this.masterSecret.secretArn });
    new CfnOutput(this, 'AppSecretArn', { value: this.appSecret.secretArn });
  }

  /**
   * Without a fixed name: a retained secret with one would prevent the next stack from being
   * created.
   */
  private addSecret(id: string, username: string): DatabaseSecret {
    const secret = new DatabaseSecret(this, id, { username });
    secret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    acknowledge(secret, 'AwsSolutions-SMG4', 'rotated by hand (docs/run/runbook.md)');
    return secret;
  }

  private addDatabase({ environment, prefix, vpc, databaseGroup }: DataStackProps): DatabaseInstance {
    const { instance, storage, multiAz, backupDays, deletionProtection } = environment.database;
    const engine = DatabaseInstanceEngine.mysql({ version: ENGINE });
    const isProtected = chosen(deletionProtection);
    const database = new DatabaseInstance(this, 'Database', {
      instanceIdentifier: prefix,
      engine,
      instanceType: new InstanceType(instance),
      databaseName: DATABASE.name,
      credentials: Credentials.fromSecret(this.masterSecret),
      caCertificate: CaCertificate.RDS_CA_RSA2048_G1,
      vpc,
      vpcSubnets: { subnetGroupName: 'isolated' },
      securityGroups: [databaseGroup],
      publiclyAccessible: false,
      port: MYSQL_PORT,
      multiAz: chosen(multiAz),
      storageType: StorageType.GP3,
      storageEncrypted: true,
      // Our own key: a snapshot under AWS's key cannot be shared, and the key cannot be changed later.
      storageEncryptionKey: new Key(this, 'Key', {
        enableKeyRotation: true,
        description: `${prefix} database`,
        removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      }),
      allocatedStorage: storage.initial,
      maxAllocatedStorage: storage.max,
      backupRetention: Duration.days(chosen(backupDays)),
      copyTagsToSnapshot: true,
      // A final snapshot remains when the stack is deleted.
      removalPolicy: RemovalPolicy.SNAPSHOT,
      deletionProtection: isProtected,
      autoMinorVersionUpgrade: true,
      cloudwatchLogsExports: LOGS,
      enablePerformanceInsights: true,
      monitoringInterval: Duration.seconds(60),
      parameterGroup: new ParameterGroup(this, 'Parameters', {
        engine,
        parameters: {
          require_secure_transport: 'ON',
          // Defaults, set explicitly because durability depends on them: an acknowledged write is
          // on disk.
          innodb_flush_log_at_trx_commit: '1',
          sync_binlog: '1',
          slow_query_log: '1',
          long_query_time: '0.5',
        },
      }),
    });
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
    // RDS would create them without an end, so they must exist first.
    for (const log of LOGS) {
      const group = new LogGroup(this, `${log}Log`, {
        logGroupName: `/aws/rds/instance/${prefix}/${log}`,
        retention: RetentionDays.THREE_MONTHS,
        removalPolicy: isProtected ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
      });
      database.node.addDependency(group);
    }
    return database;
  }

  /** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html */
  private addEvents({ topic }: DataStackProps): void {
    new CfnEventSubscription(this, 'Events', {
      snsTopicArn: topic.topicArn,
      sourceType: 'db-instance',
      sourceIds: [this.database.instanceIdentifier],
      eventCategories: ['failover', 'failure', 'low storage', 'maintenance', 'recovery'],
    });
  }
}
