/** Metrics for Prometheus: what the service did since it began, by labels from closed sets only. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { requestEnded, rounds, watchRequests } from './channels.ts';
import type { RequestRecord } from './request-record.ts';

/** As the pool of connections tells it; `waits` and `waited` (milliseconds) count from the start. */
export interface Pool {
  readonly size: number;
  readonly open: number;
  readonly free: number;
  readonly waiting: number;
  readonly waits: number;
  readonly waited: number;
}

export interface MetricsSource {
  readonly version: string;
  readonly pool: () => Pool | undefined;
}

export interface Metrics {
  readonly contentType: string;
  /** All series as they are now. */
  render(): Promise<string>;
  close(): void;
}

/** Upper bounds in seconds; admission refuses what would take longer than the last but two. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128];

export function createMetrics({ version, pool }: MetricsSource): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const build = new Gauge({
    name: 'cars_api_build_info',
    help: 'Always 1.',
    labelNames: ['version'],
    registers,
  });
  build.set({ version }, 1);
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests that were answered, or cut off (status "none").',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the head of a request to its answer.',
    labelNames: ['route', 'method'],
    buckets: SECONDS,
    registers,
  });
  const refused = new Counter({
    name: 'http_requests_refused_total',
    help: 'Requests that were refused because others were being served, or for a budget.',
    labelNames: ['why'],
    registers,
  });
  const sizes = new Histogram({
    name: 'database_round_calls',
    help: 'Calls that travelled together in one round.',
    labelNames: ['round'],
    buckets: SIZES,
    registers,
  });
  const waits = new Histogram({
    name: 'database_round_wait_seconds',
    help: 'How long the first call of a round had waited for it.',
    labelNames: ['round'],
    buckets: SECONDS,
    registers,
  });
  watchPool(pool, registers);

  const onRequest = (record: RequestRecord) => {
    // A method that no route has is not told apart, nor is a path.
    const route = record.route ?? 'none';
    const method = record.route === undefined ? 'none' : (record.method ?? 'none');
    const status = record.status === 0 ? 'none' : `${Math.floor(record.status / 100)}xx`;
    requests.inc({ route, method, status });
    durations.observe({ route, method }, record.milliseconds / 1000);
    if (record.shed !== undefined) refused.inc({ why: record.shed });
    if (record.limited !== undefined) refused.inc({ why: record.limited });
  };
  const unwatch = watchRequests(requestEnded, onRequest);
  const onRound = {
    start({ name, calls, waited }: { name: string; calls: readonly unknown[]; waited: number }) {
      sizes.observe({ round: name }, calls.length);
      waits.observe({ round: name }, waited / 1000);
    },
  };
  rounds.start.subscribe(onRound.start as (message: unknown) => void);

  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    close() {
      unwatch();
      rounds.start.unsubscribe(onRound.start as (message: unknown) => void);
      registry.clear();
    },
  };
}

/** Read when they are asked for. */
function watchPool(pool: () => Pool | undefined, registers: Registry[]): void {
  if (pool() === undefined) return;
  const connections = new Gauge({
    name: 'database_pool_connections',
    help: 'Connections to the database.',
    labelNames: ['state'],
    registers,
    collect() {
      const { size, open, free } = pool() as Pool;
      connections.set({ state: 'most' }, size);
      connections.set({ state: 'free' }, free);
      connections.set({ state: 'used' }, open - free);
    },
  });
  const waiting: Gauge = new Gauge({
    name: 'database_pool_waiting',
    help: 'Work that waits for a connection now.',
    registers,
    collect() {
      waiting.set((pool() as Pool).waiting);
    },
  });
  const counted = (name: string, help: string, value: (state: Pool) => number) => {
    const counter: Counter = new Counter({
      name,
      help,
      registers,
      collect() {
        counter.reset();
        counter.inc(value(pool() as Pool));
      },
    });
  };
  counted('database_pool_waits_total', 'How often work waited for a connection.', ({ waits }) => waits);
  counted('database_pool_wait_seconds_total', 'How long it waited.', ({ waited }) => waited / 1000);
}
