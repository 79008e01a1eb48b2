/** What the platform is judged by at synthesis, beside CDK's own reading of CloudFormation's rules (cdk.json). */

import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

/** Makes `cdk synth` fail where AWS's own advice is not followed and no reason is given. */
export function applyRules(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
