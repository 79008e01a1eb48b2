/** A platform that breaks the rule named by `--context breaks=…`, or none. */

import { App, Stack, Validations } from 'aws-cdk-lib';
import { CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';

const app = new App();
const stack = new Stack(app, 'wrong');
const breaks: unknown = app.node.tryGetContext('breaks');
new CfnTaskDefinition(stack, 'Task', {
  family: 'task',
  cpu: '256',
  // Fargate has no task with 256 CPU units and 8 GB.
  memory: breaks === 'cloudformation' ? '8192' : '512',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
});
// AwsSolutions-SNS3: publishers must use TLS.
if (breaks === 'advice') new CfnTopic(stack, 'Topic');
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
