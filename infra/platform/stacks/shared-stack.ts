/** Resources that exist once per account: the registry, and GitHub's identity provider. */

import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Repository, RepositoryEncryption, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr';
import { OidcProviderNative } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import { GithubRole } from '../constructs/github-role.ts';
import { RELEASED, REPOSITORY } from '../contract.ts';

export interface SharedStackProps extends StackProps {
  /** `owner/name` on GitHub. */
  readonly githubRepository: string;
}

export class SharedStack extends Stack {
  readonly repository: Repository;
  readonly github: OidcProviderNative;

  constructor(scope: Construct, id: string, props: SharedStackProps) {
    super(scope, id, props);
    this.repository = new Repository(this, 'Repository', {
      repositoryName: REPOSITORY,
      imageTagMutability: TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      encryption: RepositoryEncryption.AES_256,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        // An image matched by a rule is not expired by rules of higher number, so deployed images
        // are safe:
        // https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
        {
          description: 'deployed images: keep the last 100',
          rulePriority: 1,
          tagStatus: TagStatus.TAGGED,
          tagPrefixList: [RELEASED],
          maxImageCount: 100,
        },
        {
          description: 'images without a tag: keep 14 days',
          rulePriority: 2,
          tagStatus: TagStatus.UNTAGGED,
          maxImageAge: Duration.days(14),
        },
        {
          description: 'images that were never deployed: keep 90 days',
          rulePriority: 3,
          tagStatus: TagStatus.ANY,
          maxImageAge: Duration.days(90),
        },
      ],
    });
    this.github = new OidcProviderNative(this, 'Github', {
      url: 'https://token.actions.githubusercontent.com',
      clientIds: ['sts.amazonaws.com'],
    });
    const build = new GithubRole(this, 'BuildRole', {
      roleName: 'cars-api-build',
      description: 'Pushes the image of each commit of the main branch',
      github: this.github,
      repository: props.githubRepository,
      subject: 'ref:refs/heads/main',
    });
    this.repository.grantPullPush(build);
    acknowledge(build, 'AwsSolutions-IAM5[Resource::*]', 'ecr:GetAuthorizationToken has no resource');
    new CfnOutput(this, 'RepositoryUri', { value: this.repository.repositoryUri });
    new CfnOutput(this, 'BuildRoleArn', { value: build.roleArn });
  }
}
