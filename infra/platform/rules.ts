/**
 * The rules that synthesis enforces, besides CDK's validation of CloudFormation properties
 * (cdk.json).
 */

import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

/** Makes `cdk synth` fail when AWS's advice (cdk-nag) is not followed and no reason is given. */
export function applyRules(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
