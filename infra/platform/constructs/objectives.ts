/**
 * Alarms on the service level objectives of 30 days. One fires when errors use up the allowance so
 * fast that it would not last, both over a long window, so that it matters, and over a short one, so
 * that it is still going on. Windows and factors:
 * https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts
 */

import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  type IMetric,
  MathExpression,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import type { LoadBalancer } from './load-balancer.ts';
import type { AlarmTarget } from './runbook-alarm.ts';

/** Minutes. At `burn` times the allowed rate, the allowance of 30 days lasts 30 days / `burn`. */
const SPEEDS = {
  fast: { burn: 14.4, long: 60, short: 5 },
  slow: { burn: 6, long: 360, short: 30 },
} as const;

/** So that a few errors at night are no alarm: a window with fewer bad requests is good. */
const MIN_BAD = 20;

export interface ObjectivesProps extends AlarmTarget {
  readonly objectives: Environment['objectives'];
  readonly loadBalancer: LoadBalancer;
}

export class Objectives extends Construct {
  private readonly props: ObjectivesProps;

  constructor(scope: Construct, id: string, props: ObjectivesProps) {
    super(scope, id);
    this.props = props;
    const { availability, latency } = props.objectives;
    this.add('availability', 100 - availability, 'Too many requests fail with 5xx.', (minutes) =>
      this.unavailable(minutes),
    );
    this.add('latency', 100 - latency.percent, 'Too many requests are slow.', (minutes) =>
      this.slow(minutes, latency.seconds),
    );
  }

  /** @param allowed percent of the requests. @param bad the percentage of them in a window. */
  private add(name: string, allowed: number, means: string, bad: (minutes: number) => IMetric): void {
    const { prefix, topic } = this.props;
    const section = `slo-${name}`;
    for (const [speed, { burn, long, short }] of Object.entries(SPEEDS)) {
      // A percentage can not exceed 100.
      const threshold = Math.min(Number((burn * allowed).toFixed(4)), 90);
      const [inLong, inShort] = [long, short].map(
        (minutes) =>
          new Alarm(this, `${name}-${speed}-${minutes}`, {
            alarmName: `${prefix}-slo-${name}-${speed}-${minutes}m`,
            alarmDescription: `One of the windows of ${prefix}-slo-${name}-${speed}`,
            metric: bad(minutes),
            threshold,
            comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluationPeriods: 1,
            treatMissingData: TreatMissingData.NOT_BREACHING,
          }),
      ) as [Alarm, Alarm];
      const alarm = new CompositeAlarm(this, `${name}-${speed}`, {
        compositeAlarmName: `${prefix}-slo-${name}-${speed}`,
        alarmDescription: `${means} Runbook: docs/run/runbook.md#${section}`,
        alarmRule: AlarmRule.allOf(
          AlarmRule.fromAlarm(inLong, AlarmState.ALARM),
          AlarmRule.fromAlarm(inShort, AlarmState.ALARM),
        ),
      });
      alarm.addAlarmAction(new SnsAction(topic));
      alarm.addOkAction(new SnsAction(topic));
    }
  }

  private unavailable(minutes: number): IMetric {
    const { alb, targets } = this.props.loadBalancer;
    const fromTasks = targets.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, {
      statistic: Stats.SUM,
    });
    const fromBalancer = alb.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { statistic: Stats.SUM });
    const requests = targets.metrics.requestCount({ statistic: Stats.SUM });
    return percentage(minutes, 'FILL(fromTasks, 0) + FILL(fromBalancer, 0)', {
      // The load balancer does not count the requests for which it found no task.
      all: 'FILL(requests, 0) + FILL(fromBalancer, 0)',
      usingMetrics: { fromTasks, fromBalancer, requests },
    });
  }

  private slow(minutes: number, seconds: number): IMetric {
    const { targets } = this.props.loadBalancer;
    return percentage(minutes, '(100 - inTime) / 100 * requests', {
      all: 'requests',
      usingMetrics: {
        inTime: targets.metrics.targetResponseTime({ statistic: `PR(:${seconds})` }),
        requests: targets.metrics.requestCount({ statistic: Stats.SUM }),
      },
    });
  }
}

interface Counted {
  /** The number of all requests. */
  readonly all: string;
  readonly usingMetrics: Record<string, IMetric>;
}

/** @param bad the number of bad requests. */
function percentage(minutes: number, bad: string, { all, usingMetrics }: Counted): MathExpression {
  return new MathExpression({
    expression: `IF((${bad}) < ${MIN_BAD}, 0, 100 * (${bad}) / (${all}))`,
    usingMetrics,
    period: Duration.minutes(minutes),
    label: 'bad requests (percent)',
  });
}
