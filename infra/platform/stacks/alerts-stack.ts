/** The SNS topic for alarms and its e-mail subscriptions. */

import { Stack, type StackProps } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { chosen, type Environment } from '../environments.ts';

export interface AlertsStackProps extends StackProps {
  readonly environment: Environment;
  readonly prefix: string;
}

export class AlertsStack extends Stack {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: AlertsStackProps) {
    super(scope, id, props);
    // Our own key, because CloudWatch cannot use the AWS-managed key of SNS:
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
    const key = new Key(this, 'Key', { enableKeyRotation: true, description: `${props.prefix} alarms` });
    key.grantEncryptDecrypt(new ServicePrincipal('cloudwatch.amazonaws.com'));
    this.topic = new Topic(this, 'Topic', {
      topicName: `${props.prefix}-alarms`,
      masterKey: key,
      enforceSSL: true,
    });
    const emails = chosen(props.environment.alarmEmails);
    for (const email of emails === 'nobody' ? [] : emails) {
      this.topic.addSubscription(new EmailSubscription(email));
    }
  }
}
