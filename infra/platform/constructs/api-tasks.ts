/**
 * The roles of the two kinds of tasks, and the definitions that a release combines with an image.
 *
 * A template has no image, no number of tasks and no service, because those belong to releases: when
 * CloudFormation rolls a failed change back, it would restore what the last template had. So the
 * definitions are SSM parameters, and only `deploy` and `rollback` apply them.
 * docs/deploy/releasing.md#what-a-release-owns
 */

import { Stack } from 'aws-cdk-lib';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IDatabaseInstance } from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import {
  ARCHITECTURE,
  DATABASE,
  definitionName,
  IMAGE,
  MYSQL_PORT,
  REPOSITORY,
  type ServiceDefinition,
} from '../contract.ts';
import type { Environment } from '../environments.ts';
import { TIMING } from '../timing.ts';
import { acknowledge } from './acknowledge.ts';

export interface ApiTasksProps {
  readonly prefix: string;
  readonly size: Environment['service']['task'];
  readonly repository: IRepository;
  readonly logGroup: ILogGroup;
  readonly database: IDatabaseInstance;
  readonly masterSecret: ISecret;
  readonly appSecret: ISecret;
  readonly service: ServiceDefinition;
}

type Kind = 'serve' | 'migrate';

interface Container {
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The secret with the value of each variable, which is its member `password`. */
  readonly secrets: Readonly<Record<string, ISecret>>;
  readonly portMappings?: readonly object[];
  readonly stopTimeout?: number;
}

/**
 * Each has its own execution role, so that a serving task cannot be started with the master
 * password.
 */
export class ApiTasks extends Construct {
  /** The roles that a release passes to tasks. */
  readonly roles: Role[] = [];

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
    this.define('serve', props, {
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
      secrets: { DATABASE_PASSWORD: appSecret },
      portMappings: [{ containerPort: IMAGE.port, protocol: 'tcp' }],
      stopTimeout: TIMING.stopTimeout,
    });
    this.define('migrate', props, {
      command: IMAGE.migrate,
      environment: { ...connection, DATABASE_USER: DATABASE.master, DATABASE_APP_USER: DATABASE.app },
      secrets: { DATABASE_PASSWORD: masterSecret, DATABASE_APP_PASSWORD: appSecret },
    });
    this.write(prefix, 'service', props.service);
  }

  /** The input of `RegisterTaskDefinition`, without the image. */
  private define(kind: Kind, props: ApiTasksProps, container: Container): void {
    const { prefix, size, repository, logGroup } = props;
    const { environment, secrets, ...others } = container;
    const { account, region, urlSuffix } = Stack.of(this);
    const name = kind === 'serve' ? 'Serve' : 'Migrate';
    const execution = this.role(`${name}ExecutionRole`);
    repository.grantPull(execution);
    acknowledge(execution, 'AwsSolutions-IAM5[Resource::*]', 'ecr:GetAuthorizationToken has no resource');
    logGroup.grantWrite(execution);
    for (const secret of Object.values(secrets)) secret.grantRead(execution);
    this.write(prefix, kind, {
      family: kind === 'serve' ? prefix : `${prefix}-migrate`,
      cpu: String(size.cpu),
      memory: String(size.memory),
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      runtimePlatform: { cpuArchitecture: ARCHITECTURE.task, operatingSystemFamily: 'LINUX' },
      taskRoleArn: this.role(`${name}TaskRole`).roleArn,
      executionRoleArn: execution.roleArn,
      containerDefinitions: [
        {
          name: IMAGE.container,
          image: `${account}.dkr.ecr.${region}.${urlSuffix}/${REPOSITORY}`,
          essential: true,
          user: IMAGE.user,
          readonlyRootFilesystem: true,
          linuxParameters: { capabilities: { drop: ['ALL'] } },
          ...others,
          environment: Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
          secrets: Object.entries(secrets).map(([variable, { secretArn }]) => ({
            name: variable,
            valueFrom: `${secretArn}:password::`,
          })),
          // A slow log must not block requests: lines that do not fit the buffer are dropped.
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': logGroup.logGroupName,
              'awslogs-region': region,
              'awslogs-stream-prefix': 'api',
              mode: 'non-blocking',
            },
          },
        },
      ],
    });
  }

  private role(id: string): Role {
    const role = new Role(this, id, { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
    this.roles.push(role);
    return role;
  }

  private write(prefix: string, kind: Kind | 'service', definition: object): void {
    new StringParameter(this, `${kind}Definition`, {
      parameterName: definitionName(prefix, kind),
      stringValue: Stack.of(this).toJsonString(definition),
    });
  }
}
