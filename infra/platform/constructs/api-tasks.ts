/**
 * The roles of the two kinds of tasks, and the definitions that a release combines with an image.
 *
 * A template has no image, no number of tasks and no service, because those belong to releases: when
 * CloudFormation rolls a failed change back, it would restore what the last template had. So the
 * definitions are SSM parameters, and only `deploy` and `rollback` apply them.
 * docs/understand/releases.md#what-a-release-owns
 */

import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { POOL_SIZE } from '../connections.ts';
import {
  ARCHITECTURE,
  appUser,
  DATABASE,
  definitionName,
  IMAGE,
  MYSQL_PORT,
  REPOSITORY,
  type ServiceDefinition,
} from '../contract.ts';
import type { Environment } from '../environments.ts';
import { TIMING } from '../timing.ts';
import { acknowledge, wildcardArn } from './acknowledge.ts';
import type { Database } from './database.ts';

export interface ApiTasksProps {
  readonly prefix: string;
  readonly environment: Environment;
  readonly repository: IRepository;
  readonly logGroup: ILogGroup;
  readonly database: Database;
  readonly service: ServiceDefinition;
}

type Kind = 'serve' | 'migrate';

interface Container {
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The ARN of the secret with the value of each variable, which is its member `password`. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly portMappings?: readonly object[];
  readonly stopTimeout?: number;
}

/**
 * Serving tasks have no password: they sign in to the database by IAM. Each kind has its own roles,
 * so that a serving task cannot be started with the master password.
 */
export class ApiTasks extends Construct {
  /** The roles that a release passes to tasks. */
  readonly roles: Role[] = [];

  constructor(scope: Construct, id: string, props: ApiTasksProps) {
    super(scope, id);
    const { prefix, database } = props;
    const { region } = Stack.of(this);
    const connection = {
      DATABASE_HOST: database.address,
      DATABASE_PORT: String(MYSQL_PORT),
      DATABASE_NAME: DATABASE.name,
      DATABASE_TLS: 'rds',
      LOG_LEVEL: 'info',
    };
    const serve = this.define('serve', props, {
      environment: {
        ...connection,
        HOST: '0.0.0.0',
        AUTH: 'api-key',
        // The load balancer is the one proxy in front.
        TRUST_PROXY: '1',
        METRICS: 'emf',
        PORT: String(IMAGE.port),
        DATABASE_USER: appUser(prefix),
        DATABASE_AUTH: 'iam',
        AWS_REGION: region,
        DATABASE_POOL_SIZE: String(POOL_SIZE),
        MIGRATE_ON_START: 'false',
        DRAIN_SECONDS: String(TIMING.drain),
        STOP_SECONDS: String(TIMING.stop),
      },
      secrets: {},
      portMappings: [{ containerPort: IMAGE.port, protocol: 'tcp' }],
      stopTimeout: TIMING.stopTimeout,
    });
    const migrate = this.define('migrate', props, {
      command: IMAGE.migrate,
      environment: {
        ...connection,
        DATABASE_USER: DATABASE.master,
        DATABASE_APP_USER: appUser(prefix),
        DATABASE_APP_AUTH: 'iam',
      },
      secrets: { DATABASE_PASSWORD: database.masterSecretArn },
    });
    this.allowSignIn(serve.task, prefix);
    this.allowMasterPassword(migrate.execution, props);
    this.write(prefix, 'service', props.service);
  }

  /** The input of `RegisterTaskDefinition`, without the image. */
  private define(kind: Kind, props: ApiTasksProps, container: Container) {
    const { prefix, environment: declared, repository, logGroup } = props;
    const size = declared.service.task;
    const { environment, secrets, ...others } = container;
    const { account, region, urlSuffix } = Stack.of(this);
    const name = kind === 'serve' ? 'Serve' : 'Migrate';
    const execution = this.role(`${name}ExecutionRole`);
    repository.grantPull(execution);
    acknowledge(execution, 'AwsSolutions-IAM5[Resource::*]', 'ecr:GetAuthorizationToken has no resource');
    logGroup.grantWrite(execution);
    const task = this.role(`${name}TaskRole`);
    this.write(prefix, kind, {
      family: kind === 'serve' ? prefix : `${prefix}-migrate`,
      cpu: String(size.cpu),
      memory: String(size.memory),
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      runtimePlatform: { cpuArchitecture: ARCHITECTURE.task, operatingSystemFamily: 'LINUX' },
      taskRoleArn: task.roleArn,
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
          secrets: Object.entries(secrets).map(([variable, arn]) => ({
            name: variable,
            valueFrom: `${arn}:password::`,
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
    return { task, execution };
  }

  /**
   * On the user alone, which is one of this environment. The id of the database changes with a
   * restore. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html
   */
  private allowSignIn(role: Role, prefix: string): void {
    const resource = wildcardArn(role, 'rds-db', `dbuser:*/${appUser(prefix)}`, 'a restore changes the id');
    role.addToPolicy(new PolicyStatement({ actions: ['rds-db:connect'], resources: [resource] }));
  }

  /**
   * RDS names the secret by random. So it is recognised by its tag, which is that of the database or
   * of a restored copy (`cars-api-202611241235`). Source of the tags:
   * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonRDSServiceRolePolicy.html
   */
  private allowMasterPassword(role: Role, { prefix, environment }: ApiTasksProps): void {
    const isAurora = environment.database.kind === 'aurora';
    const secret = `secret:rds!${isAurora ? 'cluster' : 'db'}-*`;
    const tag = `aws:rds:primaryDB${isAurora ? 'Cluster' : 'Instance'}Arn`;
    const names = [prefix, `${prefix}-2*`].map((resourceName) =>
      Stack.of(this).formatArn({
        service: 'rds',
        resource: isAurora ? 'cluster' : 'db',
        resourceName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: [wildcardArn(role, 'secretsmanager', secret, 'RDS names the secret by random')],
        conditions: { StringLike: { [`aws:ResourceTag/${tag}`]: names } },
      }),
    );
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
