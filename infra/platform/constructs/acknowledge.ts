/** Accepts a finding of cdk-nag, with the reason. */

import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * @param rule for example `AwsSolutions-VPC7`, or `AwsSolutions-IAM5[Resource::*]` for one of its
 * findings.
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: rule, reason });
}
