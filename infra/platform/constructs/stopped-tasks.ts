/** Counts tasks that ended by themselves. ECS has no metric for them; its events say why each stopped. */

import { RemovalPolicy } from 'aws-cdk-lib';
import { type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import { Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { FilterPattern, LogGroup, MetricFilter, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export class StoppedTasks extends Construct {
  /** How many within a period. */
  readonly metric: Metric;

  constructor(scope: Construct, prefix: string, service: FargateService) {
    super(scope, 'StoppedTasks');
    const logGroup = new LogGroup(this, 'Log', {
      // EventBridge may only write to groups below this name.
      logGroupName: `/aws/events/${prefix}-stopped-tasks`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    logGroup.addToResourcePolicy(
      new PolicyStatement({
        principals: [
          new ServicePrincipal('events.amazonaws.com'),
          new ServicePrincipal('delivery.logs.amazonaws.com'),
        ],
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    new Rule(this, 'Ended', {
      description: 'A task of the service stopped because its container ended',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: {
          clusterArn: [service.cluster.clusterArn],
          group: [`service:${service.serviceName}`],
          lastStatus: ['STOPPED'],
          stopCode: ['EssentialContainerExited', 'TaskFailedToStart'],
        },
      },
      // By its ARN alone: CDK's own target would bring a Lambda function to write the policy above.
      targets: [{ bind: () => ({ arn: logGroup.logGroupArn }) }],
    });
    this.metric = new MetricFilter(this, 'Count', {
      logGroup,
      filterPattern: FilterPattern.allEvents(),
      metricNamespace: prefix,
      metricName: 'TasksEnded',
      metricValue: '1',
    }).metric({ statistic: Stats.SUM });
  }
}
