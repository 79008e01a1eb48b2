/** The CDK app: the platform, checked by the rules. `setup` gives what depends on the account. */

import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { chosen, ENVIRONMENTS, type EnvironmentName } from './environments.ts';
import { addPlatform } from './platform.ts';

const app = new App();

addPlatform(app, { githubSubject: readSubject(), zones: readZones });
// AWS's advice (cdk-nag): synthesis fails where it is not followed and no reason is given.
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

/** By default one that no repository has, so that the templates can be read without an account. */
function readSubject(): string {
  const subject: unknown = app.node.tryGetContext('github.subject') ?? 'repo:OWNER/NAME';
  if (typeof subject === 'string' && /^[\w.:@/-]+$/.test(subject)) return subject;
  throw new Error(`--context github.subject=… is ${subject}; give the subject as repo:OWNER@1/NAME@2`);
}

/** By default zones with names that no region has. */
function readZones(name: EnvironmentName): string[] {
  const count = chosen(ENVIRONMENTS[name].network.zones);
  const zones: unknown = app.node.tryGetContext(`zones.${name}`) ?? ['a', 'b', 'c'].slice(0, count).join();
  const names = String(zones).split(',');
  if (names.length === count) return names;
  throw new Error(`--context zones.${name}=… must name ${count} availability zones, was ${zones}`);
}
