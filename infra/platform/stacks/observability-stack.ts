/** Alarms and the dashboard. */

import { Stack, type StackProps } from 'aws-cdk-lib';
import { Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import { HttpCodeElb } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { DatabaseInstance } from 'aws-cdk-lib/aws-rds';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { addDashboard } from '../constructs/dashboard.ts';
import type { LoadBalancer } from '../constructs/load-balancer.ts';
import { RunbookAlarm, type RunbookAlarmProps } from '../constructs/runbook-alarm.ts';
import { StoppedTasks } from '../constructs/stopped-tasks.ts';
import type { Environment } from '../environments.ts';

export interface ObservabilityStackProps extends StackProps {
  readonly environment: Environment;
  readonly prefix: string;
  /** Whether any task should run. */
  readonly isLive: boolean;
  readonly loadBalancer: LoadBalancer;
  readonly service: FargateService;
  readonly logGroup: ILogGroup;
  readonly database: DatabaseInstance;
  readonly topic: ITopic;
}

const GIGABYTE = 1_000_000_000;

export class ObservabilityStack extends Stack {
  private readonly props: ObservabilityStackProps;

  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, props);
    this.props = props;
    this.addRequestAlarms();
    this.addTaskAlarms();
    this.addDatabaseAlarms();
    this.addLogAlarm();
    const { prefix, loadBalancer, service, database } = props;
    addDashboard(this, prefix, { loadBalancer, service, database });
  }

  private alarm(alarm: RunbookAlarmProps): void {
    new RunbookAlarm(this, this.props, alarm);
  }

  private addRequestAlarms(): void {
    const { alb, targets } = this.props.loadBalancer;
    this.alarm({
      name: 'load-balancer-5xx',
      means: 'The load balancer itself answers 5xx: it reaches no task, or tasks close connections.',
      metric: alb.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { statistic: Stats.SUM }),
      above: 20,
      minutes: 2,
      of: 3,
    });
    this.alarm({
      name: 'unhealthy-hosts',
      means: 'A task fails its health checks.',
      metric: targets.metrics.unhealthyHostCount({ statistic: Stats.MAXIMUM }),
      above: 0,
      minutes: 3,
    });
  }

  private addTaskAlarms(): void {
    const { service, environment, prefix, isLive } = this.props;
    for (const [name, metric] of [
      ['cpu', service.metricCpuUtilization()],
      ['memory', service.metricMemoryUtilization()],
    ] as const) {
      this.alarm({
        name: `service-${name}`,
        means: `Tasks have used more than 85 % of their ${name} for 10 minutes: autoscaling has probably reached its maximum.`,
        metric,
        above: 85,
        minutes: 10,
      });
    }
    this.alarm({
      name: 'tasks-below-min',
      means: 'Fewer tasks run than the minimum of the environment.',
      metric: this.metric('ECS/ContainerInsights', 'RunningTaskCount', {
        ClusterName: service.cluster.clusterName,
        ServiceName: service.serviceName,
      }),
      below: isLive ? environment.service.tasks.min : 0,
      minutes: 5,
      missing: isLive ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    this.alarm({
      name: 'task-restarts',
      means: 'Tasks exit by themselves, and ECS starts new ones.',
      metric: new StoppedTasks(this, prefix, service).metric,
      above: 2,
      minutes: 1,
      of: 10,
    });
  }

  private addDatabaseAlarms(): void {
    const { database, environment } = this.props;
    this.alarm({
      name: 'database-cpu',
      means: 'The database has used more than 80 % of its CPU for 10 minutes.',
      metric: database.metricCPUUtilization(),
      above: 80,
      minutes: 10,
    });
    this.alarm({
      name: 'database-connections',
      means: 'More connections than all tasks together should hold.',
      metric: database.metricDatabaseConnections({ statistic: Stats.MAXIMUM }),
      // A task holds at most 10 connections; during a release there are twice as many tasks.
      above: environment.service.tasks.max * 10 * 2,
      minutes: 5,
    });
    this.alarm({
      name: 'database-storage',
      means:
        'Less than 10 % of the initial storage is free; storage autoscaling has reached its maximum or is too slow.',
      metric: database.metricFreeStorageSpace({ statistic: Stats.MINIMUM }),
      below: environment.database.storage.initial * 0.1 * GIGABYTE,
      minutes: 15,
    });
  }

  private addLogAlarm(): void {
    const { logGroup, prefix } = this.props;
    const errors = new MetricFilter(this, 'Errors', {
      logGroup,
      filterPattern: FilterPattern.any(
        FilterPattern.stringValue('$.level', '=', 'error'),
        FilterPattern.stringValue('$.level', '=', 'fatal'),
      ),
      metricNamespace: prefix,
      metricName: 'LoggedErrors',
      metricValue: '1',
    });
    this.alarm({
      name: 'logged-errors',
      means:
        'The service logs errors. Each is a bug or a failed dependency; mistakes of clients are not logged as errors.',
      metric: errors.metric({ statistic: Stats.SUM }),
      above: 0,
      minutes: 1,
    });
  }

  private metric(namespace: string, metricName: string, dimensionsMap: Record<string, string>): Metric {
    return new Metric({ namespace, metricName, dimensionsMap, statistic: Stats.MINIMUM });
  }
}
