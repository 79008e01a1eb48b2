/** What is counted of requests, as Prometheus reads it: in seconds, by closed sets, and why some were refused. */

import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createRequestMetrics } from '../../src/observability/request-metrics.ts';
import { beginRequest, type RequestRecord } from '../../src/observability/request-record.ts';

async function linesAfter(...requests: Partial<RequestRecord>[]): Promise<string[]> {
  const registry = new Registry();
  const count = createRequestMetrics(registry, [0.1]);
  for (const request of requests) {
    const record = beginRequest({ requestId: 'a', method: 'GET', route: '/cars', isCall: true }, {});
    count(Object.assign(record, { status: 200, milliseconds: 0 }, request));
  }
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

it('has durations in seconds', async () => {
  const lines = await linesAfter({ milliseconds: 50 }, { milliseconds: 1500 });
  const labels = 'route="/cars",method="GET"';
  expect(lines).toContain(`http_request_duration_seconds_bucket{le="0.1",${labels}} 1`);
  expect(lines).toContain(`http_request_duration_seconds_sum{${labels}} 1.55`);
});

it('does not tell paths and methods apart that no route has, and tells what was cut off', async () => {
  const lines = await linesAfter({ route: undefined, method: 'BREW', status: 404 }, { status: 0 });
  expect(lines.filter((line) => line.startsWith('http_requests_total'))).toEqual([
    'http_requests_total{route="none",method="none",status="4xx"} 1',
    'http_requests_total{route="/cars",method="GET",status="none"} 1',
  ]);
});

it('counts each refusal by its reason', async () => {
  const lines = await linesAfter({ status: 503, shed: 'turn' }, { status: 429, limited: 'reads' });
  expect(lines).toContain('http_requests_refused_total{why="turn"} 1');
  expect(lines).toContain('http_requests_refused_total{why="reads"} 1');
});

it('says the same again to whoever asks again', async () => {
  const registry = new Registry();
  const count = createRequestMetrics(registry, [0.1]);
  const record = beginRequest({ requestId: 'a', method: 'GET', route: '/cars', isCall: true }, {});
  count(Object.assign(record, { status: 200 }));
  const first = await registry.metrics();
  expect(first).toContain('status="2xx"} 1');
  expect(await registry.metrics()).toBe(first);
});
