/** Findings of cdk-nag that are meant, each with its reason. */

import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** @param rule as cdk-nag names it: `AwsSolutions-VPC7`, or `AwsSolutions-IAM5[Resource::*]` for one finding. */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: rule, reason });
}
