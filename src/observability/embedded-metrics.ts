/**
 * What makes a line of the log a document of CloudWatch's embedded metric format, from which CloudWatch takes metrics
 * by itself (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 */

import type { RequestRecord } from './request-record.ts';

/**
 * Each metric of each set of dimensions that ever occurs is paid for, so the sets are closed and few: the service as a whole (percentiles
 * cannot be added up later), and each route with its method.
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

/** Members of the line, each with a comma before it. `latency`, `route` and `method` are there already. */
export function embeddedMetrics({ status }: RequestRecord): string {
  const errors = status >= 500 || status === 0 ? 1 : 0;
  return `,"count":1,"errors":${errors},"_aws":{"Timestamp":${Date.now()},"CloudWatchMetrics":${DIRECTIVES}}`;
}
