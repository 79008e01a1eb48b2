/** Resources that exist once per account: the registry, and the roles that serve all environments. */

import { ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Repository, RepositoryEncryption, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr';
import { type IOidcProvider, OidcProviderNative, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import { GithubRole } from '../constructs/github-role.ts';
import { BUILD_ROLE, GITHUB_ISSUER, PLAN_ROLE, RELEASED, REPOSITORY } from '../contract.ts';
import { APPLICATION, ENVIRONMENTS } from '../environments.ts';

export interface SharedStackProps extends StackProps {
  /** Of every OIDC token of the repository, as `repo:owner@1/name@2`. */
  readonly githubSubject: string;
}

export class SharedStack extends Stack {
  readonly repository: Repository;
  readonly github: IOidcProvider;

  constructor(scope: Construct, id: string, props: SharedStackProps) {
    super(scope, id, props);
    this.repository = new Repository(this, 'Repository', {
      repositoryName: REPOSITORY,
      imageTagMutability: TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      encryption: RepositoryEncryption.AES_256,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      lifecycleRules: [
        // An image whose tag matches a rule is not expired by rules of higher number. So many releases
        // to staging cannot expire what production runs:
        // https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
        ...Object.keys(ENVIRONMENTS).map((name, index) => ({
          description: `images that were deployed to ${name}: keep the last 100`,
          rulePriority: 1 + index,
          tagStatus: TagStatus.TAGGED,
          tagPrefixList: [`${RELEASED}${name}-`],
          maxImageCount: 100,
        })),
        {
          description: 'images without a tag: keep 14 days',
          rulePriority: 8,
          tagStatus: TagStatus.UNTAGGED,
          maxImageAge: Duration.days(14),
        },
        {
          description: 'images that were never deployed: keep 90 days',
          rulePriority: 9,
          tagStatus: TagStatus.ANY,
          maxImageAge: Duration.days(90),
        },
      ],
    });
    // An account has one, often from another project. So `setup` looks for it, and no stack owns it.
    this.github = OidcProviderNative.fromOidcProviderArn(
      this,
      'Github',
      this.formatArn({ service: 'iam', region: '', resource: 'oidc-provider', resourceName: GITHUB_ISSUER }),
    );
    const onMain = { github: this.github, subject: `${props.githubSubject}:ref:refs/heads/main`, hours: 1 };
    const build = new GithubRole(this, 'BuildRole', {
      ...onMain,
      roleName: BUILD_ROLE,
      description: 'Pushes the image of each commit of the main branch',
    });
    this.repository.grantPullPush(build);
    acknowledge(build, 'AwsSolutions-IAM5[Resource::*]', 'ecr:GetAuthorizationToken has no resource');
    const plan = new GithubRole(this, 'PlanRole', {
      ...onMain,
      roleName: PLAN_ROLE,
      description: 'Reads the templates of the stacks, to find changes that setup has not made',
    });
    plan.addToPolicy(
      new PolicyStatement({
        actions: ['cloudformation:DescribeStacks', 'cloudformation:GetTemplate'],
        resources: [
          this.formatArn({
            service: 'cloudformation',
            resource: 'stack',
            resourceName: `${APPLICATION}-*`,
            arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
          }),
        ],
      }),
    );
    // To choose the zones of an environment that is not set up yet, or gets more of them.
    plan.addToPolicy(new PolicyStatement({ actions: ['ec2:DescribeAvailabilityZones'], resources: ['*'] }));
    acknowledge(plan, 'AwsSolutions-IAM5[Resource::*]', 'ec2:DescribeAvailabilityZones has no resource');
    acknowledge(
      plan,
      `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/${APPLICATION}-*]`,
      'the stacks of every environment',
    );
    // `setup` reads it, so that a machine without the GitHub CLI keeps it.
    new CfnOutput(this, 'GithubSubject', { value: props.githubSubject });
    new CfnOutput(this, 'PlanRoleArn', { value: plan.roleArn });
    new CfnOutput(this, 'RepositoryUri', { value: this.repository.repositoryUri });
    new CfnOutput(this, 'BuildRoleArn', { value: build.roleArn });
  }
}
