/** A platform that breaks a rule, chosen by `--context breaks=…`, or none; judged as the real one is. */

import { App, Stack } from 'aws-cdk-lib';
import { CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { applyRules } from '../../platform/rules.ts';

const app = new App();
const stack = new Stack(app, 'wrong');
const breaks: unknown = app.node.tryGetContext('breaks');
// Neither rule is broken by a cluster-less definition of a pair that Fargate has.
new CfnTaskDefinition(stack, 'Task', {
  family: 'task',
  cpu: '256',
  memory: breaks === 'cloudformation' ? '8192' : '512',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
});
// SNS3: who publishes has to use TLS.
if (breaks === 'advice') new CfnTopic(stack, 'Topic');
applyRules(app);
