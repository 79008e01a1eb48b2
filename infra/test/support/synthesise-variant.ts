/** Synthesises a variant of the platform, as `setup` does for an account. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { chosen, type EnvironmentName } from '../../platform/environments.ts';
import { addPlatform } from '../../platform/platform.ts';
import { SUBJECT, VARIANTS, type Variant, type VariantName } from './variants.ts';

const { context } = JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8'));

/** Throws when cdk-nag or, unless CDK_VALIDATION is `false`, CDK's validation finds anything. */
export function synthesiseVariant(name: VariantName, outdir: string): void {
  const environments: Variant = VARIANTS[name];
  const app = new App({ context, outdir, analyticsReporting: false });
  const zones = (environment: EnvironmentName) =>
    ['a', 'b', 'c']
      .slice(0, chosen(environments[environment].network.zones))
      .map((zone) => `eu-central-1${zone}`);
  addPlatform(app, { githubSubject: SUBJECT, zones, environments });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
}
