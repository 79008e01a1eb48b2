/** An alarm that says what it means and where the runbook is, and tells somebody. */

import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type Metric,
  TreatMissingData as Missing,
  type TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

export interface RunbookAlarmProps {
  /** Of the alarm, behind the environment's prefix, and of its section in docs/run/runbook.md. */
  readonly name: string;
  /** What is wrong when it rings, in a sentence for whoever is woken up. */
  readonly means: string;
  readonly metric: Metric;
  readonly above?: number;
  readonly below?: number;
  /** Minutes in a row, of the last so many. */
  readonly minutes: number;
  readonly of?: number;
  /** What no data means: by default nothing, as nobody called. */
  readonly missing?: TreatMissingData;
}

export interface Watch {
  readonly prefix: string;
  readonly topic: ITopic;
}

export class RunbookAlarm extends Alarm {
  constructor(scope: Construct, { prefix, topic }: Watch, props: RunbookAlarmProps) {
    const { name, means, metric, above, below, minutes, of, missing } = props;
    super(scope, name, {
      alarmName: `${prefix}-${name}`,
      alarmDescription: `${means} Runbook: docs/run/runbook.md#${name}`,
      metric: metric.with({ period: Duration.minutes(1) }),
      threshold: above ?? below ?? 0,
      comparisonOperator:
        above === undefined
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_THRESHOLD,
      datapointsToAlarm: minutes,
      evaluationPeriods: of ?? minutes,
      treatMissingData: missing ?? Missing.NOT_BREACHING,
    });
    this.addAlarmAction(new SnsAction(topic));
    this.addOkAction(new SnsAction(topic));
  }
}
