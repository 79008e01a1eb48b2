/**
 * Counts tasks that exited by themselves, from ECS's events, because ECS has no metric for them.
 */

import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { FilterPattern, LogGroup, MetricFilter, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export class StoppedTasks extends Construct {
  /** The number per period. */
  readonly metric: Metric;

  constructor(scope: Construct, prefix: string, cluster: ICluster) {
    super(scope, 'StoppedTasks');
    const logGroup = new LogGroup(this, 'Log', {
      // EventBridge can write only to log groups below /aws/events/.
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
    // Without the `:*` of its attribute, with which no event arrives:
    // https://github.com/aws-samples/serverless-patterns/pull/221
    const arn = Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: logGroup.logGroupName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    new Rule(this, 'Ended', {
      description: 'A task of the service stopped because its container exited',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: {
          clusterArn: [cluster.clusterArn],
          group: [`service:${prefix}`],
          lastStatus: ['STOPPED'],
          stopCode: ['EssentialContainerExited', 'TaskFailedToStart'],
        },
      },
      // CDK's own target would add a Lambda function to write the policy above.
      targets: [{ bind: () => ({ arn }) }],
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
