/** What is looked at without being asked: alarms that ring, and one dashboard for whoever answers them. */

import { Stack, type StackProps } from 'aws-cdk-lib';
import { Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import { HttpCodeElb } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { DatabaseInstance } from 'aws-cdk-lib/aws-rds';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { addDashboard } from '../constructs/dashboard.ts';
import type { FrontDoor } from '../constructs/load-balancer.ts';
import { RunbookAlarm, type RunbookAlarmProps } from '../constructs/runbook-alarm.ts';
import { StoppedTasks } from '../constructs/stopped-tasks.ts';
import type { Environment } from '../environments.ts';

export interface WatchingStackProps extends StackProps {
  readonly environment: Environment;
  readonly prefix: string;
  /** Whether any task is meant to run. */
  readonly isLive: boolean;
  readonly door: FrontDoor;
  readonly service: FargateService;
  readonly logGroup: ILogGroup;
  readonly database: DatabaseInstance;
  readonly topic: ITopic;
}

const GIGABYTE = 1_000_000_000;

export class WatchingStack extends Stack {
  private readonly props: WatchingStackProps;

  constructor(scope: Construct, id: string, props: WatchingStackProps) {
    super(scope, id, props);
    this.props = props;
    this.watchCalls();
    this.watchTasks();
    this.watchDatabase();
    this.watchLog();
    const { prefix, door, service, database } = props;
    addDashboard(this, prefix, { door, service, database });
  }

  private alarm(alarm: RunbookAlarmProps): void {
    new RunbookAlarm(this, this.props, alarm);
  }

  private watchCalls(): void {
    const { loadBalancer, targets } = this.props.door;
    this.alarm({
      name: 'load-balancer-5xx',
      means: 'The load balancer itself answers 5xx: it reaches no task, or tasks hang up on it.',
      metric: loadBalancer.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { statistic: Stats.SUM }),
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

  private watchTasks(): void {
    const { service, environment, prefix, isLive } = this.props;
    for (const [name, metric] of [
      ['cpu', service.metricCpuUtilization()],
      ['memory', service.metricMemoryUtilization()],
    ] as const) {
      this.alarm({
        name: `service-${name}`,
        means: `Tasks have used more than 85 % of their ${name} for ten minutes: scaling is at its most, or does not help.`,
        metric,
        above: 85,
        minutes: 10,
      });
    }
    this.alarm({
      name: 'tasks-below-least',
      means: 'Fewer tasks run than the environment asks for.',
      metric: this.metric('ECS/ContainerInsights', 'RunningTaskCount', {
        ClusterName: service.cluster.clusterName,
        ServiceName: service.serviceName,
      }),
      below: isLive ? environment.service.tasks.least : 0,
      minutes: 5,
      missing: isLive ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    this.alarm({
      name: 'task-restarts',
      means: 'Tasks end by themselves and are started again.',
      metric: new StoppedTasks(this, prefix, service).metric,
      above: 2,
      minutes: 1,
      of: 10,
    });
  }

  private watchDatabase(): void {
    const { database, environment } = this.props;
    this.alarm({
      name: 'database-cpu',
      means: 'The database has used more than 80 % of its CPU for ten minutes.',
      metric: database.metricCPUUtilization(),
      above: 80,
      minutes: 10,
    });
    this.alarm({
      name: 'database-connections',
      means: 'Far more connections than all tasks together should hold.',
      metric: database.metricDatabaseConnections({ statistic: Stats.MAXIMUM }),
      // Each task holds ten at most; during a release there are twice as many tasks.
      above: environment.service.tasks.most * 10 * 2,
      minutes: 5,
    });
    this.alarm({
      name: 'database-storage',
      means:
        "Less than a tenth of the database's first storage is free, and growing by itself has not helped.",
      metric: database.metricFreeStorageSpace({ statistic: Stats.MINIMUM }),
      below: environment.database.storage.initial * 0.1 * GIGABYTE,
      minutes: 15,
    });
  }

  private watchLog(): void {
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
      means: "The service logs errors, each of them a fault in it (a caller's mistake is none).",
      metric: errors.metric({ statistic: Stats.SUM }),
      above: 0,
      minutes: 1,
    });
  }

  private metric(namespace: string, metricName: string, dimensionsMap: Record<string, string>): Metric {
    return new Metric({ namespace, metricName, dimensionsMap, statistic: Stats.MINIMUM });
  }
}
