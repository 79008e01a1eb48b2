/** What the CDK command line runs: the platform, with what is live, checked by AWS's own rules. */

import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { parseLive } from './live.ts';
import { addPlatform } from './platform.ts';

const app = new App();
const githubRepository: unknown = app.node.tryGetContext('github');
if (typeof githubRepository !== 'string' || !/^[\w.-]+\/[\w.-]+$/.test(githubRepository)) {
  throw new Error('--context github=OWNER/NAME must name the repository whose pipeline may release');
}
addPlatform(app, { githubRepository, live: (name) => parseLive(app.node.tryGetContext(`live.${name}`)) });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
