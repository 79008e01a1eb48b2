/** Accepts findings of cdk-nag, with the reason. */

import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * @param rule for example `AwsSolutions-VPC7`, or `AwsSolutions-IAM5[Resource::*]` for one of its
 * findings.
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: rule, reason });
}

/** @param resource for example `cluster/cars-api`. */
export function arnOf(scope: IConstruct, service: string, resource: string): string {
  return Stack.of(scope).formatArn({ service, resource, arnFormat: ArnFormat.NO_RESOURCE_NAME });
}

/** An ARN with a wildcard, which a policy of `construct` needs for this reason. */
export function wildcardArn(
  construct: IConstruct,
  service: string,
  resource: string,
  reason: string,
): string {
  const where = `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${resource}`;
  acknowledge(construct, `AwsSolutions-IAM5[Resource::${where}]`, reason);
  return arnOf(construct, service, resource);
}
