/** The two task definitions of the image: one serves, one runs the migrations and exits. */

import { Duration } from 'aws-cdk-lib';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import {
  AwsLogDriverMode,
  Capability,
  ContainerImage,
  CpuArchitecture,
  FargateTaskDefinition,
  LinuxParameters,
  LogDriver,
  OperatingSystemFamily,
  Secret,
} from 'aws-cdk-lib/aws-ecs';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IDatabaseInstance } from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ARCHITECTURE, DATABASE, IMAGE, MYSQL_PORT } from '../contract.ts';
import type { Environment } from '../environments.ts';
import { TIMING } from '../timing.ts';
import { acknowledge } from './acknowledge.ts';

export interface ApiTasksProps {
  readonly prefix: string;
  readonly size: Environment['service']['task'];
  /** `sha256:…` of the live image; undefined before the first release. */
  readonly digest: string | undefined;
  readonly repository: IRepository;
  readonly logGroup: ILogGroup;
  readonly database: IDatabaseInstance;
  readonly masterSecret: ISecret;
  readonly appSecret: ISecret;
}

/**
 * Each has its own execution role, so that a serving task cannot be started with the master
 * password.
 */
export class ApiTasks extends Construct {
  readonly serve: FargateTaskDefinition;
  readonly migrate: FargateTaskDefinition;

  constructor(scope: Construct, id: string, props: ApiTasksProps) {
    super(scope, id);
    const { prefix, database, masterSecret, appSecret } = props;
    const connection = {
      DATABASE_HOST: database.dbInstanceEndpointAddress,
      DATABASE_PORT: String(MYSQL_PORT),
      DATABASE_NAME: DATABASE.name,
      DATABASE_TLS: 'rds',
      LOG_LEVEL: 'info',
    };
    this.serve = this.define('Serve', prefix, props, {
      environment: {
        ...connection,
        HOST: '0.0.0.0',
        AUTH: 'api-key',
        // The load balancer is the one proxy in front.
        TRUST_PROXY: '1',
        METRICS: 'emf',
        PORT: String(IMAGE.port),
        DATABASE_USER: DATABASE.app,
        MIGRATE_ON_START: 'false',
        DRAIN_SECONDS: String(TIMING.drain),
        STOP_SECONDS: String(TIMING.stop),
      },
      secrets: { DATABASE_PASSWORD: Secret.fromSecretsManager(appSecret, 'password') },
      portMappings: [{ containerPort: IMAGE.port }],
      healthCheck: {
        command: [...IMAGE.healthCheck],
        interval: Duration.seconds(TIMING.healthCheck.interval),
        timeout: Duration.seconds(TIMING.healthCheck.timeout),
        retries: 3,
        startPeriod: Duration.seconds(TIMING.startGrace),
      },
      stopTimeout: Duration.seconds(TIMING.stopTimeout),
    });
    this.migrate = this.define('Migrate', `${prefix}-migrate`, props, {
      command: [...IMAGE.migrate],
      environment: { ...connection, DATABASE_USER: DATABASE.master, DATABASE_APP_USER: DATABASE.app },
      secrets: {
        DATABASE_PASSWORD: Secret.fromSecretsManager(masterSecret, 'password'),
        DATABASE_APP_PASSWORD: Secret.fromSecretsManager(appSecret, 'password'),
      },
    });
  }

  private define(
    id: string,
    family: string,
    { size, digest, repository, logGroup }: ApiTasksProps,
    container: Omit<Parameters<FargateTaskDefinition['addContainer']>[1], 'image'>,
  ): FargateTaskDefinition {
    const definition = new FargateTaskDefinition(this, id, {
      family,
      cpu: size.cpu,
      memoryLimitMiB: size.memory,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.of(ARCHITECTURE.task),
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    acknowledge(
      definition,
      'AwsSolutions-ECS2',
      'secrets come from Secrets Manager; the plain variables are names and numbers',
    );
    repository.grantPull(definition.obtainExecutionRole());
    acknowledge(definition, 'AwsSolutions-IAM5[Resource::*]', 'ecr:GetAuthorizationToken has no resource');
    const linuxParameters = new LinuxParameters(this, `${id}Linux`);
    linuxParameters.dropCapabilities(Capability.ALL);
    definition.addContainer('api', {
      ...container,
      image: ContainerImage.fromRegistry(repository.repositoryUri + (digest ? `@${digest}` : ':none')),
      user: IMAGE.user,
      readonlyRootFilesystem: true,
      linuxParameters,
      // A slow log must not block requests: lines that do not fit the buffer are dropped.
      logging: LogDriver.awsLogs({ logGroup, streamPrefix: 'api', mode: AwsLogDriverMode.NON_BLOCKING }),
    });
    return definition;
  }
}
