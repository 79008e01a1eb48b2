/** The request metrics in Prometheus' text format. */

import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createRequestMetrics } from '../../src/observability/metrics.ts';
import { beginRequest, type RequestRecord } from '../../src/observability/request-record.ts';

async function linesAfter(...requests: Partial<RequestRecord>[]): Promise<string[]> {
  const registry = new Registry();
  const count = createRequestMetrics([registry]);
  for (const request of requests) {
    const record = beginRequest({ requestId: 'a', method: 'GET', route: '/cars', isCall: true }, {});
    count(Object.assign(record, { status: 200, milliseconds: 0 }, request));
  }
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

it('reports durations in seconds, in cumulative buckets', async () => {
  const lines = await linesAfter({ milliseconds: 50 }, { milliseconds: 1500 });
  const labels = 'route="/cars",method="GET"';
  expect(lines).toContain(`http_request_duration_seconds_bucket{le="0.025",${labels}} 0`);
  expect(lines).toContain(`http_request_duration_seconds_bucket{le="0.05",${labels}} 1`);
  expect(lines).toContain(`http_request_duration_seconds_bucket{le="2.5",${labels}} 2`);
  expect(lines).toContain(`http_request_duration_seconds_sum{${labels}} 1.55`);
});

it('counts requests by status class, and unknown paths and methods under one label', async () => {
  const lines = await linesAfter({ route: undefined, method: 'BREW', status: 404 }, { status: 0 });
  expect(lines.filter((line) => line.startsWith('http_requests_total'))).toEqual([
    'http_requests_total{route="none",method="none",status="4xx"} 1',
    'http_requests_total{route="/cars",method="GET",status="none"} 1',
  ]);
});

it('counts refused requests by reason', async () => {
  const lines = await linesAfter({ status: 503, shed: 'turn' }, { status: 429, limited: 'reads' });
  expect(lines).toContain('http_requests_refused_total{why="turn"} 1');
  expect(lines).toContain('http_requests_refused_total{why="reads"} 1');
});
