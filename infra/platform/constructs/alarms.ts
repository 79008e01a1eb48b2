/** Alarms and the dashboard. */

import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { connectionsOfTasks } from '../connections.ts';
import type { Environment } from '../environments.ts';
import type { Canary } from './canary.ts';
import { addDashboard } from './dashboard.ts';
import { type DatabaseMetrics, databaseMetrics } from './database-metrics.ts';
import type { Firewall } from './firewall.ts';
import type { LoadBalancer } from './load-balancer.ts';
import { Objectives } from './objectives.ts';
import { RunbookAlarm, type RunbookAlarmProps } from './runbook-alarm.ts';
import { StoppedTasks } from './stopped-tasks.ts';

export interface ObservabilityProps {
  readonly environment: Environment;
  readonly prefix: string;
  readonly loadBalancer: LoadBalancer;
  readonly cluster: ICluster;
  readonly logGroup: ILogGroup;
  readonly firewall: Firewall;
  readonly canary: Canary;
  readonly topic: ITopic;
}

/** So that a few errors in a quiet minute are no alarm. */
const MIN_ERRORS = 20;

/** So that one slow request at night rolls no release back: of fewer requests, it is more than 1 %. */
const MIN_REQUESTS = 100;

export class Alarms extends Construct {
  /** The names of the alarms that roll a release back. */
  readonly rollbackAlarms: readonly string[];

  private readonly props: ObservabilityProps;
  private readonly database: DatabaseMetrics;

  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    this.props = props;
    this.database = databaseMetrics(props.prefix, props.environment);
    this.rollbackAlarms = this.addRollbackAlarms();
    this.addRequestAlarms();
    this.addTaskAlarms();
    this.addDatabaseAlarms();
    this.addLogAlarm();
    const { prefix, loadBalancer, environment, topic } = props;
    new Objectives(this, 'Objectives', { prefix, topic, loadBalancer, objectives: environment.objectives });
    const [cpu, memory] = [this.usage('CPUUtilization'), this.usage('MemoryUtilization')];
    addDashboard(this, prefix, { loadBalancer, cpu, memory, database: this.database });
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
      means: 'More than 1 % of requests fail with 5xx: a bug, or the database is unavailable.',
      metric: new MathExpression({
        expression: `IF(errors < ${MIN_ERRORS}, 0, 100 * errors / requests)`,
        usingMetrics: {
          errors: targets.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { statistic: Stats.SUM }),
          requests: targets.metrics.requestCount({ statistic: Stats.SUM }),
        },
        label: 'failed requests (percent)',
      }),
      above: 1,
      minutes: 2,
      of: 3,
    });
    this.alarm({
      name: 'latency-p99',
      means: 'More than 1 % of requests take longer than a second.',
      metric: new MathExpression({
        expression: `IF(requests < ${MIN_REQUESTS}, 0, p99)`,
        usingMetrics: {
          p99: targets.metrics.targetResponseTime({ statistic: Stats.percentile(99) }),
          requests: targets.metrics.requestCount({ statistic: Stats.SUM }),
        },
        label: 'p99 of the response time (seconds)',
      }),
      above: 1,
      minutes: 3,
      of: 5,
    });
    return ['target-5xx', 'latency-p99'].map((name) => `${this.props.prefix}-${name}`);
  }

  private addRequestAlarms(): void {
    const { canary, firewall, loadBalancer } = this.props;
    const { targets } = loadBalancer;
    this.alarm({
      name: 'canary',
      means: 'The canary, which calls the service from outside the platform, gets no right answer.',
      metric: canary.failures,
      above: 0,
      minutes: 3,
      of: 5,
      // The canary itself does not run.
      missing: TreatMissingData.BREACHING,
    });
    this.alarm({
      name: 'blocked-requests',
      means: 'The firewall blocks more than a thousand requests in five minutes.',
      metric: firewall.blocked,
      above: 1000,
      minutes: 5,
      together: true,
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
    for (const [name, metric, cause] of [
      ['cpu', this.usage('CPUUtilization'), ': autoscaling has probably reached its maximum'],
      ['memory', this.usage('MemoryUtilization'), ''],
    ] as const) {
      this.alarm({
        name: `service-${name}`,
        means: `Tasks have used more than 85 % of their ${name} for 10 minutes${cause}.`,
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
    const { environment } = this.props;
    const { cpu, connections, free } = this.database;
    this.alarm({
      name: 'database-cpu',
      means: 'The database has used more than 80 % of its CPU for 10 minutes.',
      metric: cpu,
      above: 80,
      minutes: 10,
    });
    this.alarm({
      name: 'database-connections',
      means: 'More connections than all tasks together should hold.',
      metric: connections,
      above: connectionsOfTasks(environment.service.tasks.max),
      minutes: 5,
    });
    this.alarm({ name: 'database-storage', minutes: 15, ...free });
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
        'The service logs errors. Each is a bug, or the reason why a task exited; mistakes of clients are not logged as errors.',
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
