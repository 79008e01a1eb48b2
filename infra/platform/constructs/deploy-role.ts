/** The role that the pipeline's job assumes to release to this environment, and its permissions. */

import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { type IOidcProvider, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { definitionName } from '../contract.ts';
import type { EnvironmentName } from '../environments.ts';
import { SESSION_HOURS } from '../timing.ts';
import { acknowledge, arnOf, wildcardArn } from './acknowledge.ts';
import type { ApiTasks } from './api-tasks.ts';
import { GithubRole } from './github-role.ts';

export interface DeployRoleProps {
  readonly name: EnvironmentName;
  readonly prefix: string;
  /** Of every OIDC token of the repository, as `repo:owner@1/name@2`. */
  readonly githubSubject: string;
  readonly github: IOidcProvider;
  readonly repository: IRepository;
  readonly tasks: ApiTasks;
  readonly releases: ITable;
}

export class DeployRole extends Construct {
  readonly role: GithubRole;

  constructor(scope: Construct, id: string, props: DeployRoleProps) {
    super(scope, id);
    const { name, prefix, github, githubSubject } = props;
    this.role = new GithubRole(this, 'Role', {
      roleName: `${prefix}-deploy`,
      description: `Releases to ${name}; assumed by jobs of the GitHub environment ${name}`,
      github,
      subject: `${githubSubject}:environment:${name}`,
      hours: SESSION_HOURS,
    });
    this.allowReleasing(props);
    this.allowReading(prefix);
    new CfnOutput(Stack.of(this), 'DeployRoleArn', { value: this.role.roleArn });
  }

  /** Register a revision, migrate, update the service, and write the ledger. */
  private allowReleasing({ prefix, repository, tasks, releases }: DeployRoleProps): void {
    const families = [prefix, `${prefix}-migrate`].map((family) =>
      wildcardArn(this.role, 'ecs', `task-definition/${family}:*`, 'each release registers a new revision'),
    );
    const roles = tasks.roles.map(({ roleArn }) => roleArn);
    const service = arnOf(this, 'ecs', `service/${prefix}/${prefix}`);
    releases.grant(this.role, ...['Query', 'PutItem', 'DeleteItem'].map((action) => `dynamodb:${action}`));
    this.allow(
      ['ecr:DescribeImages', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:PutImage'],
      [repository.repositoryArn],
    );
    // To check that roles and secrets exist; not to read the secrets.
    this.allow(['iam:GetRole'], roles);
    this.allow(
      ['secretsmanager:DescribeSecret'],
      [
        wildcardArn(
          this.role,
          'secretsmanager',
          'secret:rds!*',
          'RDS names the secret of the master by random',
        ),
      ],
    );
    // To find the secret of a restored database.
    this.allow(['rds:DescribeDBInstances'], [arnOf(this, 'rds', `db:${prefix}`)]);
    this.allow(['rds:DescribeDBClusters'], [arnOf(this, 'rds', `cluster:${prefix}`)]);
    this.allow(
      ['ssm:GetParameter'],
      (['serve', 'migrate', 'service'] as const).map((kind) =>
        arnOf(this, 'ssm', `parameter${definitionName(prefix, kind)}`),
      ),
    );
    this.allow(['ecs:RegisterTaskDefinition'], families);
    this.allow(['iam:PassRole'], roles, {
      StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
    });
    this.allow(['ecs:RunTask'], families, this.inCluster(prefix));
    // The first release creates the service, with its tags:
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
    this.allow(['ecs:TagResource'], [service], { StringEquals: { 'ecs:CreateAction': 'CreateService' } });
    this.allow(
      ['ecs:CreateService', 'ecs:DescribeServices', 'ecs:UpdateService', 'ecs:ListServiceDeployments'],
      [service],
    );
    this.allow(
      ['ecs:DescribeServiceDeployments', 'ecs:StopServiceDeployment'],
      [
        service,
        wildcardArn(
          this.role,
          'ecs',
          `service-deployment/${prefix}/${prefix}/*`,
          'each deployment has its own id',
        ),
      ],
    );
    this.allow(
      ['application-autoscaling:RegisterScalableTarget', 'application-autoscaling:PutScalingPolicy'],
      [wildcardArn(this.role, 'application-autoscaling', 'scalable-target/*', 'AWS chooses the id')],
      { StringEquals: { 'application-autoscaling:service-namespace': 'ecs' } },
    );
    // Target tracking creates its alarms as the caller:
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/auto-scaling-IAM.html
    this.allow(
      ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms'],
      [
        wildcardArn(
          this.role,
          'cloudwatch',
          `alarm:TargetTracking-service/${prefix}/${prefix}-*`,
          'AWS chooses the end of the name',
        ),
      ],
    );
  }

  /** See the progress of a release, and why it failed. */
  private allowReading(prefix: string): void {
    this.allow(['ecs:DescribeTasks'], [this.tasks(prefix)]);
    this.allow(
      ['logs:FilterLogEvents'],
      [wildcardArn(this.role, 'logs', `log-group:/ecs/${prefix}:*`, 'each task has its own log stream')],
    );
    this.allow(['ecs:ListTasks'], ['*'], this.inCluster(prefix));
    this.allow(
      [
        'application-autoscaling:DescribeScalableTargets',
        // AWS may check it on all alarms, and denies composite ones in a narrower scope:
        // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
        // https://github.com/aws-samples/amazon-cloudwatch-auto-alarms/issues/1
        'cloudwatch:DescribeAlarms',
        'ecs:DescribeTaskDefinition',
        'elasticloadbalancing:DescribeTargetHealth',
      ],
      ['*'],
    );
    acknowledge(
      this.role,
      'AwsSolutions-IAM5[Resource::*]',
      'these actions have no resource that AWS checks',
    );
  }

  private inCluster(prefix: string): object {
    return { ArnEquals: { 'ecs:cluster': arnOf(this, 'ecs', `cluster/${prefix}`) } };
  }

  private tasks(prefix: string): string {
    return wildcardArn(this.role, 'ecs', `task/${prefix}/*`, 'each task has its own id');
  }

  private allow(actions: string[], resources: string[], conditions = {}): void {
    this.role.addToPolicy(new PolicyStatement({ actions, resources, conditions }));
  }
}
