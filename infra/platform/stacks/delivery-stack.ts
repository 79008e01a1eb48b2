/** Who may release to this environment: the pipeline's job of the same name, and what it may touch. */

import { ArnFormat, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { type IOidcProvider, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import type { ApiTasks } from '../constructs/api-tasks.ts';
import { GithubRole } from '../constructs/github-role.ts';
import type { EnvironmentName } from '../environments.ts';

export interface DeliveryStackProps extends StackProps {
  readonly name: EnvironmentName;
  readonly prefix: string;
  /** `owner/name` on GitHub. */
  readonly githubRepository: string;
  readonly github: IOidcProvider;
  readonly repository: IRepository;
  readonly tasks: ApiTasks;
  /** What tasks are given: a release looks whether they are there. */
  readonly secrets: readonly ISecret[];
  readonly releases: ITable;
}

export class DeliveryStack extends Stack {
  readonly role: GithubRole;

  constructor(scope: Construct, id: string, props: DeliveryStackProps) {
    super(scope, id, props);
    const { name, prefix, github, githubRepository } = props;
    this.role = new GithubRole(this, 'DeployRole', {
      roleName: `${prefix}-deploy`,
      description: `Releases to ${name}, taken by the pipeline's environment of that name`,
      github,
      repository: githubRepository,
      place: `environment:${name}`,
    });
    this.mayRelease(props);
    this.mayFollow(prefix);
    new CfnOutput(this, 'DeployRoleArn', { value: this.role.roleArn });
  }

  /** Register a revision, migrate with it, move the service to it, and note that. */
  private mayRelease({ prefix, repository, tasks, secrets, releases }: DeliveryStackProps): void {
    const families = [prefix, `${prefix}-migrate`].map((family) =>
      this.many('ecs', `task-definition/${family}:*`, 'a family has a new revision with each release'),
    );
    const roles = [tasks.serve, tasks.migrate].flatMap(({ taskRole, executionRole }) => [
      taskRole.roleArn,
      ...(executionRole ? [executionRole.roleArn] : []),
    ]);
    const service = this.arn('ecs', `service/${prefix}/${prefix}`);
    releases.grant(
      this.role,
      ...['Query', 'PutItem', 'UpdateItem', 'DeleteItem'].map((action) => `dynamodb:${action}`),
    );
    this.allow(
      ['ecr:DescribeImages', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:PutImage'],
      [repository.repositoryArn],
    );
    // Whether what tasks need is there, before anything is changed; not what the secrets are.
    this.allow(['iam:GetRole'], roles);
    this.allow(
      ['secretsmanager:DescribeSecret'],
      secrets.map(({ secretArn }) => secretArn),
    );
    this.allow(['ecs:RegisterTaskDefinition'], families);
    this.allow(['iam:PassRole'], roles, {
      StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
    });
    this.allow(['ecs:RunTask'], families, this.inCluster(prefix));
    // A task takes over the tags of its definition: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
    this.allow(['ecs:TagResource'], [this.tasks(prefix)], {
      StringEquals: { 'ecs:CreateAction': 'RunTask' },
    });
    this.allow(['ecs:DescribeServices', 'ecs:UpdateService', 'ecs:ListServiceDeployments'], [service]);
    this.allow(
      ['ecs:DescribeServiceDeployments', 'ecs:StopServiceDeployment'],
      [
        service,
        this.many('ecs', `service-deployment/${prefix}/${prefix}/*`, 'each deployment has an id of its own'),
      ],
    );
    this.allow(
      ['application-autoscaling:RegisterScalableTarget'],
      [this.many('application-autoscaling', 'scalable-target/*', 'AWS chooses the id')],
      { StringEquals: { 'application-autoscaling:service-namespace': 'ecs' } },
    );
  }

  /** See how it goes, and why it did not. */
  private mayFollow(prefix: string): void {
    this.allow(['ecs:DescribeTasks'], [this.tasks(prefix)]);
    this.allow(
      ['logs:GetLogEvents', 'logs:FilterLogEvents'],
      [this.many('logs', `log-group:/ecs/${prefix}:*`, 'each task has a stream of its own')],
    );
    this.allow(
      ['cloudwatch:DescribeAlarms'],
      [this.many('cloudwatch', `alarm:${prefix}-*`, 'any of the environment may have stopped a release')],
    );
    this.allow(['ecs:ListTasks'], ['*'], this.inCluster(prefix));
    this.allow(
      [
        'application-autoscaling:DescribeScalableTargets',
        'ecs:DescribeTaskDefinition',
        'elasticloadbalancing:DescribeTargetHealth',
      ],
      ['*'],
    );
    acknowledge(this.role, 'AwsSolutions-IAM5[Resource::*]', 'AWS knows no resource for these actions');
  }

  private inCluster(prefix: string): object {
    return { ArnEquals: { 'ecs:cluster': this.arn('ecs', `cluster/${prefix}`) } };
  }

  private tasks(prefix: string): string {
    return this.many('ecs', `task/${prefix}/*`, 'each task has an id of its own');
  }

  private allow(actions: string[], resources: string[], conditions = {}): void {
    this.role.addToPolicy(new PolicyStatement({ actions, resources, conditions }));
  }

  private arn(service: string, resource: string): string {
    return this.formatArn({ service, resource, arnFormat: ArnFormat.NO_RESOURCE_NAME });
  }

  /** An ARN with a wildcard, and why it has one. */
  private many(service: string, resource: string, reason: string): string {
    const where = `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${resource}`;
    acknowledge(this.role, `AwsSolutions-IAM5[Resource::${where}]`, reason);
    return this.arn(service, resource);
  }
}
