/** The dashboard to look at when an alarm fires. */

import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { DatabaseMetrics } from './database-metrics.ts';
import type { LoadBalancer } from './load-balancer.ts';

interface Sources {
  readonly loadBalancer: LoadBalancer;
  readonly cpu: IMetric;
  readonly memory: IMetric;
  readonly database: DatabaseMetrics;
}

export function addDashboard(
  scope: Construct,
  name: string,
  { loadBalancer, cpu, memory, database }: Sources,
): void {
  const { metrics } = loadBalancer.alb;
  const percentile = (rank: number) =>
    loadBalancer.targets.metrics.targetResponseTime({ statistic: Stats.percentile(rank), label: `p${rank}` });
  new Dashboard(scope, 'Dashboard', {
    dashboardName: name,
    widgets: [
      [
        graph(
          'Requests and 5xx',
          [metrics.requestCount()],
          [
            metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { label: '5xx of the tasks' }),
            metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { label: '5xx of the load balancer' }),
          ],
        ),
        graph('Response time (seconds)', [50, 90, 99].map(percentile)),
      ],
      [
        graph('Tasks: CPU and memory', [cpu, memory]),
        graph('Database: CPU and connections', [database.cpu], [database.connections]),
      ],
    ],
  });
}

function graph(title: string, left: IMetric[], right: IMetric[] = []): GraphWidget {
  return new GraphWidget({ title, left, right, width: 12, height: 6, period: Duration.minutes(1) });
}
