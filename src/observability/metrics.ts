/** Metrics for Prometheus: what the service did since it began, by labels from closed sets only. */

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { type Round, rounds } from './channels.ts';
import { createHistogram, type Series } from './histogram.ts';
import { createRequestMetrics } from './request-metrics.ts';
import { requestEnded, subscribeToRequests } from './request-record.ts';

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
  const unsubscribe = subscribeToRequests(requestEnded, createRequestMetrics(registry, SECONDS));
  const unwatchRounds = watchRounds(registry);
  watchPool(pool, registers);

  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    close() {
      unsubscribe();
      unwatchRounds();
      registry.clear();
    },
  };
}

/** Counts each round of calls; returns what ends it. */
function watchRounds(registry: Registry): () => void {
  const sizes = createHistogram(
    {
      name: 'database_round_calls',
      help: 'Calls that travelled together in one round.',
      bounds: SIZES,
    },
    registry,
  );
  const waits = createHistogram(
    {
      name: 'database_round_wait_seconds',
      help: 'How long the first call of a round had waited for it.',
      bounds: SECONDS,
    },
    registry,
  );
  const kinds = new Map<string, { readonly sizes: Series; readonly waits: Series }>();
  const listener = (message: unknown) => {
    const { name: round, calls, waited } = message as Round;
    const kind = kinds.get(round) ?? { sizes: sizes({ round }), waits: waits({ round }) };
    kinds.set(round, kind);
    kind.sizes.observe(calls.length);
    kind.waits.observe(waited / 1000);
  };
  rounds.start.subscribe(listener);
  return () => void rounds.start.unsubscribe(listener);
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
