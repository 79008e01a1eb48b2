/** AWS's clients, and its errors translated into what a person can do about them. */

import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { BackupClient } from '@aws-sdk/client-backup';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import { PricingClient } from '@aws-sdk/client-pricing';
import { RDSClient } from '@aws-sdk/client-rds';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { Failure, INTERRUPTED } from './exit-codes.ts';

/**
 * The SDK's default is 3. A release polls for minutes, and one throttled request must not end it.
 */
const MAX_ATTEMPTS = 8;

/** One client for each service that the program calls. */
export type Aws = ReturnType<typeof createAws>;

/** @param options where AWS is and who calls it; what is absent comes from the environment and the AWS profile. */
export function createAws(
  options: {
    readonly endpoint?: string;
    readonly region?: string;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  } = {},
) {
  const settings = { maxAttempts: MAX_ATTEMPTS, ...options };
  return {
    autoScaling: new ApplicationAutoScalingClient(settings),
    /** AWS Backup in another region. */
    backupIn: (region: string) => new BackupClient({ ...settings, region }),
    cloudFormation: new CloudFormationClient(settings),
    cloudWatch: new CloudWatchClient(settings),
    dynamo: new DynamoDBClient(settings),
    ec2: new EC2Client(settings),
    ecr: new ECRClient(settings),
    ecs: new ECSClient(settings),
    iam: new IAMClient(settings),
    loadBalancing: new ElasticLoadBalancingV2Client(settings),
    logs: new CloudWatchLogsClient(settings),
    // The price list of every region is served by a few of them.
    pricing: new PricingClient({ ...settings, region: 'us-east-1' }),
    quotas: new ServiceQuotasClient(settings),
    rds: new RDSClient(settings),
    secrets: new SecretsManagerClient(settings),
    ssm: new SSMClient(settings),
    // It is asked first, and a missing network should be reported soon.
    sts: new STSClient({ ...settings, maxAttempts: 2 }),
  };
}

export interface Identity {
  readonly account: string;
  readonly region: string;
  /** The ARN of the user or role. */
  readonly arn: string;
}

/**
 * Throws {@link Failure} `noCredentials`, `expiredCredentials` or `region`, each with what to do.
 */
export async function identify(aws: Aws): Promise<Identity> {
  const region = await aws.sts.config.region().catch(() => {
    throw new Failure('region', 'no AWS region is set', 'Set AWS_REGION, or `region` in your AWS profile.');
  });
  const { Account: account = '', Arn: arn = '' } = await aws.sts.send(new GetCallerIdentityCommand({}));
  return { account, arn, region };
}

const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired'];
const UNKNOWN = [
  'CredentialsProviderError',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
];
const ABSENT = ['ResourceNotFoundException', 'ClusterNotFoundException', 'ServiceNotFoundException'];
const DENIED = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation'];

/** Translates an error of the SDK; undefined when no person can fix it. */
export function explain(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (!(error instanceof Error)) return undefined;
  const { name, message, cause } = error;
  // Ctrl-C, also at a question. The cause is a lost lock.
  if (name === 'AbortError') return cause instanceof Failure ? cause : INTERRUPTED;
  if (EXPIRED.includes(name) || (UNKNOWN.includes(name) && /expired/i.test(message))) {
    return new Failure(
      'expiredCredentials',
      `the AWS credentials have expired: ${message}`,
      'Sign in again (`aws sso login`, or new keys) and run the command again. It continues where it stopped.',
    );
  }
  if (UNKNOWN.includes(name)) {
    return new Failure(
      'noCredentials',
      `there are no AWS credentials, or AWS does not accept them: ${message}`,
      'Sign in (`aws sso login`, `aws configure`, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), then check with `aws sts get-caller-identity`.',
    );
  }
  if (DENIED.includes(name)) {
    return new Failure(
      'denied',
      `AWS denies the request: ${message}`,
      'Use credentials with this permission. docs/deploy/aws.md lists the permissions needed.',
    );
  }
  if (ABSENT.includes(name)) {
    return new Failure(
      'refused',
      `a part of the environment does not exist: ${message}`,
      'Run infra/aws-deploy.sh setup first, or check the region (AWS_REGION) and the environment.',
    );
  }
  if (/ENOTFOUND|EAI_AGAIN/.test(message)) {
    return new Failure(
      'region',
      `AWS cannot be reached: ${message}`,
      'Check the spelling of the region (AWS_REGION) and the network connection.',
    );
  }
  return undefined;
}
