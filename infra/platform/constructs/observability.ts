/** Alarms and the dashboard. */

import { Duration } from 'aws-cdk-lib';
import { Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { DatabaseInstance } from 'aws-cdk-lib/aws-rds';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import { addDashboard } from './dashboard.ts';
import type { LoadBalancer } from './load-balancer.ts';
import { RunbookAlarm, type RunbookAlarmProps } from './runbook-alarm.ts';
import { StoppedTasks } from './stopped-tasks.ts';

export interface ObservabilityProps {
  readonly environment: Environment;
  readonly prefix: string;
  readonly loadBalancer: LoadBalancer;
  readonly cluster: ICluster;
  readonly logGroup: ILogGroup;
  readonly database: DatabaseInstance;
  readonly topic: ITopic;
}

const GIGABYTE = 1_000_000_000;

export class Observability extends Construct {
  /** The names of the alarms that roll a release back. */
  readonly rollbackAlarms: readonly string[];

  private readonly props: ObservabilityProps;

  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    this.props = props;
    this.rollbackAlarms = this.addRollbackAlarms();
    this.addRequestAlarms();
    this.addTaskAlarms();
    this.addDatabaseAlarms();
    this.addLogAlarm();
    const { prefix, loadBalancer, database } = props;
    const [cpu, memory] = [this.usage('CPUUtilization'), this.usage('MemoryUtilization')];
    addDashboard(this, prefix, { loadBalancer, cpu, memory, database });
  }

  private alarm(alarm: RunbookAlarmProps): RunbookAlarm {
    return new RunbookAlarm(this, this.props, alarm);
  }

  /**
   * A release that answers with errors or slowly passes health checks; these alarms roll it back.
   */
  private addRollbackAlarms(): string[] {
    const { targets } = this.props.loadBalancer;
    this.alarm({
      name: 'target-5xx',
      means: 'Tasks answer with 5xx: a bug in the service, or its database is unavailable.',
      metric: targets.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { statistic: Stats.SUM }),
      above: 20,
      minutes: 2,
      of: 3,
    });
    this.alarm({
      name: 'latency-p99',
      means: 'More than 1 % of requests take longer than a second.',
      metric: targets.metrics.targetResponseTime({ statistic: Stats.percentile(99) }),
      above: 1,
      minutes: 3,
      of: 5,
    });
    return ['target-5xx', 'latency-p99'].map((name) => `${this.props.prefix}-${name}`);
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
    const { cluster, environment, prefix } = this.props;
    for (const [name, metric] of [
      ['cpu', this.usage('CPUUtilization')],
      ['memory', this.usage('MemoryUtilization')],
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
      metric: new Metric({
        namespace: 'ECS/ContainerInsights',
        metricName: 'RunningTaskCount',
        dimensionsMap: this.dimensions(),
        statistic: Stats.MINIMUM,
      }),
      below: environment.service.tasks.min,
      minutes: 5,
      // A service without any task reports nothing. So it fires until the first release.
      missing: TreatMissingData.BREACHING,
    });
    this.alarm({
      name: 'task-restarts',
      means: 'Tasks exit by themselves, and ECS starts new ones.',
      metric: new StoppedTasks(this, prefix, cluster).metric,
      above: 2,
      minutes: 10,
      together: true,
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

  /** How much of their CPU or memory the tasks use, on average. */
  private usage(metricName: 'CPUUtilization' | 'MemoryUtilization'): Metric {
    return new Metric({
      namespace: 'AWS/ECS',
      metricName,
      dimensionsMap: this.dimensions(),
      period: Duration.minutes(1),
    });
  }

  /** Of the metrics of the service, which a release creates. */
  private dimensions(): Record<string, string> {
    return { ClusterName: this.props.prefix, ServiceName: this.props.prefix };
  }
}
