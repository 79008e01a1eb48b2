/**
 * Calls the service from outside, as a client does: name, certificate, load balancer, firewall, a
 * task and its database must work.
 *
 * A function each minute costs a few cents a month. CloudWatch Synthetics would cost fifty dollars
 * at this rate, and the metric of a Route 53 health check is in one region only.
 */

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface CanaryProps {
  readonly prefix: string;
  /** `https://cars.example.com`. */
  readonly address: string;
}

/** Fails, which Lambda counts as an error, unless the service is ready. */
const CODE = `
exports.handler = async () => {
  const response = await fetch(process.env.ADDRESS + '/readyz', { signal: AbortSignal.timeout(5000) });
  const text = await response.text();
  if (response.status !== 200) throw new Error('status ' + response.status + ': ' + text.slice(0, 200));
};
`;

export class Canary extends Construct {
  /** The number of failed calls. */
  readonly failures: Metric;

  constructor(scope: Construct, id: string, { prefix, address }: CanaryProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/aws/lambda/${prefix}-canary`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    const canary = new Lambda(this, 'Function', {
      functionName: `${prefix}-canary`,
      description: 'Calls the service from outside each minute',
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromInline(CODE),
      environment: { ADDRESS: address },
      timeout: Duration.seconds(10),
      memorySize: 128,
      retryAttempts: 0,
      role,
      logGroup,
    });
    new Rule(this, 'Schedule', {
      description: 'Each minute: the canary',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(canary)],
    });
    this.failures = canary.metricErrors({ statistic: Stats.SUM });
  }
}
