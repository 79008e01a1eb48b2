/** The metrics of the database, by its name, which a restored copy takes over. */

import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Environment } from '../environments.ts';
import type { RunbookAlarmProps } from './runbook-alarm.ts';

export interface DatabaseMetrics {
  readonly cpu: Metric;
  readonly connections: Metric;
  /** The free storage, and what too little of it means. */
  readonly free: Pick<RunbookAlarmProps, 'metric' | 'below' | 'means'>;
}

const GIGABYTE = 1_000_000_000;

export function databaseMetrics(prefix: string, { database }: Environment): DatabaseMetrics {
  const isAurora = database.kind === 'aurora';
  // Of the writer: the mean of all instances would hide that it is busy.
  const dimensionsMap: Record<string, string> = isAurora
    ? { DBClusterIdentifier: prefix, Role: 'WRITER' }
    : { DBInstanceIdentifier: prefix };
  const metric = (metricName: string, statistic: string) =>
    new Metric({ namespace: 'AWS/RDS', metricName, dimensionsMap, statistic });
  return {
    cpu: metric('CPUUtilization', Stats.AVERAGE),
    connections: metric('DatabaseConnections', Stats.MAXIMUM),
    free: isAurora
      ? {
          means: 'The instance has less than 2 GB left for temporary tables and logs.',
          metric: metric('FreeLocalStorage', Stats.MINIMUM),
          below: 2 * GIGABYTE,
        }
      : {
          means:
            'Less than 10 % of the initial storage is free; storage autoscaling has reached its maximum or is too slow.',
          metric: metric('FreeStorageSpace', Stats.MINIMUM),
          below: database.storage.initial * 0.1 * GIGABYTE,
        },
  };
}
