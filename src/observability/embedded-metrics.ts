/**
 * CloudWatch's embedded metric format: members that turn a log line into metrics
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 */

import type { RequestRecord } from './request-record.ts';

/**
 * AWS charges for each metric in each set of dimensions, so there are few: the whole service
 * (percentiles of routes cannot be combined later), and each route with its method.
 */
const DIRECTIVES = JSON.stringify([
  {
    Namespace: 'cars-api',
    Dimensions: [[], ['route', 'method']],
    Metrics: [
      { Name: 'latency', Unit: 'Milliseconds' },
      { Name: 'count', Unit: 'Count' },
      { Name: 'errors', Unit: 'Count' },
    ],
  },
]);

/**
 * Returns members to append to a request line, each after a comma. The line already has `latency`,
 * `route`, `method`.
 */
export function embeddedMetrics({ status }: RequestRecord): string {
  const errors = status >= 500 || status === 0 ? 1 : 0;
  return `,"count":1,"errors":${errors},"_aws":{"Timestamp":${Date.now()},"CloudWatchMetrics":${DIRECTIVES}}`;
}
