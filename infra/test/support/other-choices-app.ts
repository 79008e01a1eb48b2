/** What the CDK command line runs for the choices of other-choices.ts; judged as the real ones are. */

import { App } from 'aws-cdk-lib';
import { NOTHING_LIVE } from '../../platform/live.ts';
import { addPlatform } from '../../platform/platform.ts';
import { applyRules } from '../../platform/rules.ts';
import { OTHER_CHOICES } from './other-choices.ts';

const app = new App();
addPlatform(app, {
  githubRepository: 'example/cars-api',
  live: () => NOTHING_LIVE,
  environments: OTHER_CHOICES,
});
applyRules(app);
