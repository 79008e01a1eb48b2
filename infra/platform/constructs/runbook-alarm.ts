/**
 * An alarm with a description, a link to the runbook, and a notification when it fires and when it
 * ends.
 */

import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type MathExpression,
  type Metric,
  TreatMissingData as Missing,
  type TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

export interface RunbookAlarmProps {
  /** The alarm's name without the environment's prefix, and its section in docs/run/runbook.md. */
  readonly name: string;
  /** What is wrong when it fires, in a sentence. */
  readonly means: string;
  readonly metric: Metric | MathExpression;
  readonly above?: number;
  readonly below?: number;
  /** How many of the last `of` minutes must each be above or below; by default all. */
  readonly minutes: number;
  readonly of?: number;
  /** Whether these minutes are judged together, as one value of the metric, instead of each. */
  readonly together?: boolean;
  /** What missing data means; by default nothing is wrong, because there were no requests. */
  readonly missing?: TreatMissingData;
}

export interface AlarmTarget {
  readonly prefix: string;
  readonly topic: ITopic;
}

export class RunbookAlarm extends Alarm {
  constructor(scope: Construct, { prefix, topic }: AlarmTarget, props: RunbookAlarmProps) {
    const { name, means, metric, above, below, minutes, of, together = false, missing } = props;
    super(scope, name, {
      alarmName: `${prefix}-${name}`,
      alarmDescription: `${means} Runbook: docs/run/runbook.md#${name}`,
      metric: metric.with({ period: Duration.minutes(together ? minutes : 1) }),
      threshold: above ?? below ?? 0,
      comparisonOperator:
        above === undefined
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_THRESHOLD,
      datapointsToAlarm: together ? 1 : minutes,
      evaluationPeriods: together ? 1 : (of ?? minutes),
      treatMissingData: missing ?? Missing.NOT_BREACHING,
    });
    this.addAlarmAction(new SnsAction(topic));
    this.addOkAction(new SnsAction(topic));
  }
}
