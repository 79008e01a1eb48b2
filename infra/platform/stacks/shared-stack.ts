/** What there is one of in an account: the registry, and the trust in GitHub's identity provider. */

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
        // An image that a rule of lower number has matched is not expired by a later one, so what was deployed is safe:
        // https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
        {
          description: 'what was deployed: the last 100, far more than are ever rolled back to',
          rulePriority: 1,
          tagStatus: TagStatus.TAGGED,
          tagPrefixList: [RELEASED],
          maxImageCount: 100,
        },
        {
          description: 'what lost its tag or never had one',
          rulePriority: 2,
          tagStatus: TagStatus.UNTAGGED,
          maxImageAge: Duration.days(14),
        },
        {
          description: 'what was built and never deployed',
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
      place: 'ref:refs/heads/main',
    });
    this.repository.grantPullPush(build);
    acknowledge(build, 'AwsSolutions-IAM5[Resource::*]', 'ecr:GetAuthorizationToken knows no resource');
    new CfnOutput(this, 'RepositoryUri', { value: this.repository.repositoryUri });
    new CfnOutput(this, 'BuildRoleArn', { value: build.roleArn });
  }
}
