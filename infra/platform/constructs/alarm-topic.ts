/** The SNS topic for alarms, who may publish to it, and its e-mail subscriptions. */

import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { chosen, type Environment } from '../environments.ts';

/**
 * The AWS services that publish to the topic. All of them name the account to SNS, but of these only
 * CloudWatch is known to name it to KMS too; a condition that others do not meet would drop their
 * messages silently.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
 */
const NAMES_ACCOUNT_TO_KMS = {
  'cloudwatch.amazonaws.com': true,
  'budgets.amazonaws.com': false,
  'events.rds.amazonaws.com': false,
} as const;

export class AlarmTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, prefix: string, environment: Environment) {
    super(scope, id);
    const conditions = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    // Our own key, because CloudWatch cannot use the AWS-managed key of SNS:
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
    const key = new Key(this, 'Key', {
      enableKeyRotation: true,
      description: `${prefix} alarms`,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    for (const [sender, namesAccount] of Object.entries(NAMES_ACCOUNT_TO_KMS)) {
      key.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal(sender)],
          actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          resources: ['*'],
          ...(namesAccount && { conditions }),
        }),
      );
    }
    this.topic = new Topic(this, 'Topic', {
      topicName: `${prefix}-alarms`,
      masterKey: key,
      enforceSSL: true,
    });
    // A topic with a policy of its own loses the default one, which lets the account publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: Object.keys(NAMES_ACCOUNT_TO_KMS).map((sender) => new ServicePrincipal(sender)),
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions,
      }),
    );
    this.addBudget(prefix, environment.budget);
    const emails = chosen(environment.alarmEmails);
    for (const email of emails === 'nobody' ? [] : emails) {
      this.topic.addSubscription(new EmailSubscription(email));
    }
  }

  /** Messages when the month's bill of the account reaches the budget, or is forecast to. */
  private addBudget(prefix: string, amount: number): void {
    const budget = new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: prefix,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount, unit: 'USD' },
      },
      notificationsWithSubscribers: ['ACTUAL', 'FORECASTED'].map((notificationType) => ({
        notification: {
          notificationType,
          comparisonOperator: 'GREATER_THAN',
          threshold: 100,
          thresholdType: 'PERCENTAGE',
        },
        subscribers: [{ subscriptionType: 'SNS', address: this.topic.topicArn }],
      })),
    });
    // Budgets tests that it may publish when it is created.
    budget.node.addDependency(this.topic);
  }
}
