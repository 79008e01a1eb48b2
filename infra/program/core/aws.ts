/** AWS's clients, of the caller's account and region, and its refusals in words that say what to do. */

import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import { RDSClient } from '@aws-sdk/client-rds';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { Failure } from './exit-codes.ts';

/** More than the SDK's three: a release watches for minutes, and a throttled answer must not end it. */
const SETTINGS = { maxAttempts: 8 };

export class Aws {
  readonly autoScaling = new ApplicationAutoScalingClient(SETTINGS);
  readonly cloudFormation = new CloudFormationClient(SETTINGS);
  readonly cloudWatch = new CloudWatchClient(SETTINGS);
  readonly dynamo = new DynamoDBClient(SETTINGS);
  readonly ecr = new ECRClient(SETTINGS);
  readonly ecs = new ECSClient(SETTINGS);
  readonly iam = new IAMClient(SETTINGS);
  readonly loadBalancing = new ElasticLoadBalancingV2Client(SETTINGS);
  readonly logs = new CloudWatchLogsClient(SETTINGS);
  readonly rds = new RDSClient(SETTINGS);
  readonly secrets = new SecretsManagerClient(SETTINGS);
  readonly ssm = new SSMClient(SETTINGS);
  readonly sts = new STSClient({ maxAttempts: 2 });
}

export interface Identity {
  readonly account: string;
  readonly region: string;
  /** Who it is, as an ARN. */
  readonly arn: string;
}

/** Throws {@link Failure} `noCredentials`, `expiredCredentials` or `region`, each with what to do. */
export async function identify(aws: Aws): Promise<Identity> {
  const region = await aws.sts.config.region().catch(() => {
    throw new Failure(
      'region',
      'no AWS region is chosen',
      'Set AWS_REGION, or `region` in your AWS profile.',
    );
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
const DENIED = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation'];

/** The failure that an error of the SDK stands for; undefined when it is none that a caller can mend. */
export function explain(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (!(error instanceof Error)) return undefined;
  const { name, message } = error;
  if (EXPIRED.includes(name) || /expired/i.test(`${name} ${message}`)) {
    return new Failure(
      'expiredCredentials',
      `the AWS credentials have expired: ${message}`,
      'Sign in again (`aws sso login`, or new keys) and repeat the command; it goes on where it was.',
    );
  }
  if (UNKNOWN.includes(name)) {
    return new Failure(
      'noCredentials',
      `AWS does not accept the credentials, or there are none: ${message}`,
      'Sign in (`aws sso login`, `aws configure`, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), then try `aws sts get-caller-identity`.',
    );
  }
  if (DENIED.includes(name)) {
    return new Failure(
      'denied',
      `AWS denies it: ${message}`,
      'Use credentials that may do this; docs/deploy/aws.md lists what is needed.',
    );
  }
  if (/ENOTFOUND|EAI_AGAIN/.test(message)) {
    return new Failure(
      'region',
      `AWS cannot be reached: ${message}`,
      'Is the region spelt right (AWS_REGION), and is there a network?',
    );
  }
  return undefined;
}
