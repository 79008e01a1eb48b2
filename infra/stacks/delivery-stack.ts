/** Who may release to this environment: the pipeline's job of the same name, and what it may touch. */

import { ArnFormat, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { type IOidcProvider, PolicyStatement } from 'aws-cdk-lib/aws-iam';
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
  readonly releases: ITable;
}

/** Actions that AWS knows no resource for: https://docs.aws.amazon.com/service-authorization/latest/reference/ */
const WITHOUT_RESOURCE = [
  'application-autoscaling:DescribeScalableTargets',
  'cloudwatch:DescribeAlarms',
  'ecs:DeregisterTaskDefinition',
  'ecs:DescribeTaskDefinition',
  'ecs:ListTaskDefinitions',
  'elasticloadbalancing:DescribeTargetHealth',
];

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
    props.releases.grantReadWriteData(this.role);
    this.mayRelease(props);
    this.mayFollow(prefix);
    new CfnOutput(this, 'DeployRoleArn', { value: this.role.roleArn });
  }

  /** Register a revision, migrate with it, move the service to it. */
  private mayRelease({ prefix, repository, tasks }: DeliveryStackProps): void {
    const inCluster = { ArnEquals: { 'ecs:cluster': this.arn('ecs', `cluster/${prefix}`) } };
    const families = [prefix, `${prefix}-migrate`].map((family) =>
      this.many('ecs', `task-definition/${family}:*`, 'a family has a new revision with each release'),
    );
    const roles = [tasks.serve, tasks.migrate].flatMap(({ taskRole, executionRole }) => [
      taskRole.roleArn,
      ...(executionRole ? [executionRole.roleArn] : []),
    ]);
    this.allow(['ecr:DescribeImages', 'ecr:BatchGetImage', 'ecr:PutImage'], [repository.repositoryArn]);
    this.allow(['ecs:RegisterTaskDefinition', 'ecs:TagResource'], families);
    this.allow(['ecs:RunTask'], families, inCluster);
    this.allow(['iam:PassRole'], roles, {
      StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
    });
    this.allow(
      ['ecs:DescribeServices', 'ecs:UpdateService', 'ecs:ListServiceDeployments'],
      [this.arn('ecs', `service/${prefix}/${prefix}`)],
    );
    this.allow(
      ['ecs:DescribeServiceDeployments', 'ecs:StopServiceDeployment'],
      [this.many('ecs', `service-deployment/${prefix}/${prefix}/*`, 'each deployment has an id of its own')],
    );
    this.allow(
      ['application-autoscaling:RegisterScalableTarget'],
      [this.many('application-autoscaling', 'scalable-target/*', 'AWS chooses the id')],
      { StringEquals: { 'application-autoscaling:service-namespace': 'ecs' } },
    );
  }

  /** See how it goes, and why it did not. */
  private mayFollow(prefix: string): void {
    const inCluster = { ArnEquals: { 'ecs:cluster': this.arn('ecs', `cluster/${prefix}`) } };
    this.allow(
      ['ecs:DescribeTasks', 'ecs:StopTask'],
      [this.many('ecs', `task/${prefix}/*`, 'each task has an id of its own')],
    );
    this.allow(['ecs:ListTasks'], ['*'], inCluster);
    this.allow(WITHOUT_RESOURCE, ['*']);
    this.allow(
      ['logs:GetLogEvents', 'logs:FilterLogEvents', 'logs:StartLiveTail'],
      [this.many('logs', `log-group:/ecs/${prefix}:*`, 'each task has a stream of its own')],
    );
    acknowledge(this.role, 'AwsSolutions-IAM5[Resource::*]', 'AWS knows no resource for these actions');
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
