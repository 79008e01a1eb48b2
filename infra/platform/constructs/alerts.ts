/** The SNS topic for alarms, who may publish to it, and its e-mail subscriptions. */

import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { chosen, type Environment } from '../environments.ts';

/** The AWS services that publish to the topic. */
const SENDERS = [
  'cloudwatch.amazonaws.com',
  'budgets.amazonaws.com',
  'events.rds.amazonaws.com',
  'backup.amazonaws.com',
];

export class Alerts extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, prefix: string, environment: Environment) {
    super(scope, id);
    const conditions = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    const principals = SENDERS.map((sender) => new ServicePrincipal(sender));
    // Our own key, because CloudWatch cannot use the AWS-managed key of SNS:
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
    const key = new Key(this, 'Key', {
      enableKeyRotation: true,
      description: `${prefix} alarms`,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    key.addToResourcePolicy(
      new PolicyStatement({
        principals,
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
        conditions,
      }),
    );
    this.topic = new Topic(this, 'Topic', {
      topicName: `${prefix}-alarms`,
      masterKey: key,
      enforceSSL: true,
    });
    // A topic with a policy of its own loses the default one, which lets the account publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals,
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions,
      }),
    );
    const emails = chosen(environment.alarmEmails);
    for (const email of emails === 'nobody' ? [] : emails) {
      this.topic.addSubscription(new EmailSubscription(email));
    }
  }
}
