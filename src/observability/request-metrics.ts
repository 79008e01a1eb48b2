/** The metrics of requests: rate, errors and duration of each route. Plain numbers until somebody asks for them. */

import { Counter, type Registry } from 'prom-client';
import { createHistogram, type Series } from './histogram.ts';
import type { RequestRecord } from './request-record.ts';

/** Of one route and method. */
interface Figures {
  readonly durations: Series;
  /** By the first digit of the status; 0 is a connection that was cut. */
  readonly statuses: number[];
}

/** Returns what counts a request. @param bounds of durations, in seconds. */
export function createRequestMetrics(
  registry: Registry,
  bounds: readonly number[],
): (record: RequestRecord) => void {
  const figures = new Map<string, Map<string, Figures>>();
  const registers = [registry];
  const durations = createHistogram(
    { name: 'http_request_duration_seconds', help: 'From the head of a request to its answer.', bounds },
    registry,
  );
  const requests: Counter<'route' | 'method' | 'status'> = new Counter({
    name: 'http_requests_total',
    help: 'Requests that were answered, or cut off (status "none").',
    labelNames: ['route', 'method', 'status'],
    registers,
    collect() {
      requests.reset();
      for (const [route, methods] of figures) {
        for (const [method, { statuses }] of methods) {
          for (const [digit, count] of statuses.entries()) {
            const status = digit === 0 ? 'none' : `${digit}xx`;
            if (count > 0) requests.inc({ route, method, status }, count);
          }
        }
      }
    },
  });
  const refused = new Counter({
    name: 'http_requests_refused_total',
    help: 'Requests that were refused because others were being served, or for a budget.',
    labelNames: ['why'],
    registers,
  });

  function figuresOf(route: string, method: string): Figures {
    let methods = figures.get(route);
    if (methods === undefined) {
      methods = new Map();
      figures.set(route, methods);
    }
    let found = methods.get(method);
    if (found === undefined) {
      found = { durations: durations({ route, method }), statuses: [0, 0, 0, 0, 0, 0] };
      methods.set(method, found);
    }
    return found;
  }

  return ({ route, method = 'none', status, milliseconds, shed, limited }) => {
    // A method that no route has is not told apart, nor is a path.
    const own = route === undefined ? figuresOf('none', 'none') : figuresOf(route, method);
    const digit = Math.floor(status / 100);
    own.statuses[digit] = (own.statuses[digit] ?? 0) + 1;
    own.durations.observe(milliseconds / 1000);
    if (shed !== undefined) refused.inc({ why: shed });
    if (limited !== undefined) refused.inc({ why: limited });
  };
}
