/** The CDK app: the platform with the live image and task count, checked by the rules. */

import { App } from 'aws-cdk-lib';
import { parseLive } from './live.ts';
import { addPlatform } from './platform.ts';
import { applyRules } from './rules.ts';

const app = new App();
const githubRepository: unknown = app.node.tryGetContext('github');
if (typeof githubRepository !== 'string' || !/^[\w.-]+\/[\w.-]+$/.test(githubRepository)) {
  throw new Error('--context github=OWNER/NAME must name the GitHub repository whose pipeline may release');
}
addPlatform(app, { githubRepository, live: (name) => parseLive(app.node.tryGetContext(`live.${name}`)) });
applyRules(app);
