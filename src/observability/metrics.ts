/** Metrics for Prometheus. Every label has a small, closed set of values. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { cutConnections, droppedLines, type Round, rounds } from './channels.ts';
import { type RequestRecord, requestEnded, subscribeToRequests } from './request-record.ts';

/**
 * The state of the connection pool. `waits` and `waited` (milliseconds) are totals since the start.
 */
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
  /** Returns undefined for a database without a pool. */
  readonly pool: () => Pool | undefined;
  /** Seconds since the token issuer's keys were fetched. Absent without access tokens. */
  readonly issuerKeysAge?: () => number | undefined;
}

export interface Metrics {
  readonly contentType: string;
  /** Returns the current values in Prometheus' text format. */
  render(): Promise<string>;
  close(): void;
}

/**
 * Upper bounds of buckets, in seconds. Requests that would take longer than 1 s are mostly refused.
 */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128];

export function createMetrics({ version, pool, issuerKeysAge }: MetricsSource): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const build = new Gauge({
    name: 'cars_api_build_info',
    help: 'Always 1. The label is the version of the service.',
    labelNames: ['version'],
    registers,
  });
  build.set({ version }, 1);
  const stopCounting = [
    subscribeToRequests(requestEnded, createRequestMetrics(registers)),
    countRounds(registers),
    countDroppedLines(registers),
    countCutConnections(registers),
  ];
  addPoolMetrics(pool, registers);
  if (issuerKeysAge !== undefined) addIssuerMetrics(issuerKeysAge, registers);

  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    close() {
      for (const stop of stopCounting) stop();
      registry.clear();
    },
  };
}

/**
 * Registers the rate, errors and duration of each route; returns the function that counts a
 * request.
 */
export function createRequestMetrics(registers: Registry[]): (record: RequestRecord) => void {
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the head of a request to its answer.',
    labelNames: ['route', 'method'],
    buckets: SECONDS,
    registers,
  });
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered, or cut off (status "none").',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const refused = new Counter({
    name: 'http_requests_refused_total',
    help: 'Requests refused by overload protection or by a rate limit.',
    labelNames: ['why'],
    registers,
  });

  return (record) => {
    const { status, milliseconds, shed, limited } = record;
    // Clients choose unknown paths and methods, so these share one label value.
    const route = record.route ?? 'none';
    const method = record.route === undefined ? 'none' : (record.method ?? 'none');
    durations.observe({ route, method }, milliseconds / 1000);
    requests.inc({ route, method, status: status === 0 ? 'none' : `${Math.floor(status / 100)}xx` });
    if (shed !== undefined) refused.inc({ why: shed });
    if (limited !== undefined) refused.inc({ why: limited });
  };
}

/** Counts the rounds of the database layer; returns the function that stops. */
function countRounds(registers: Registry[]): () => void {
  const labelNames = ['round'];
  const sizes = new Histogram({
    name: 'database_round_calls',
    help: 'Requests in one round.',
    labelNames,
    buckets: SIZES,
    registers,
  });
  const waits = new Histogram({
    name: 'database_round_wait_seconds',
    help: 'Time that the first request of a round was queued.',
    labelNames,
    buckets: SECONDS,
    registers,
  });
  const listener = (message: unknown) => {
    const { name: round, calls, waited } = message as Round;
    sizes.observe({ round }, calls.length);
    waits.observe({ round }, waited / 1000);
  };
  rounds.start.subscribe(listener);
  return () => void rounds.start.unsubscribe(listener);
}

function addIssuerMetrics(issuerKeysAge: () => number | undefined, registers: Registry[]): void {
  const age: Gauge = new Gauge({
    name: 'issuer_keys_age_seconds',
    help: "Time since the token issuer's keys were fetched. Above 600, the issuer is unavailable.",
    registers,
    collect() {
      const seconds = issuerKeysAge();
      if (seconds !== undefined) age.set(seconds);
    },
  });
}

/** Counts the lines that the log lost; returns the function that stops. */
function countDroppedLines(registers: Registry[]): () => void {
  const lines = new Counter({
    name: 'log_lines_dropped_total',
    help: 'Lines of the log that were lost because stdout did not take them.',
    registers,
  });
  const listener = (count: unknown) => lines.inc(count as number);
  droppedLines.subscribe(listener);
  return () => void droppedLines.unsubscribe(listener);
}

/** Counts the connections that were cut; returns the function that stops. */
function countCutConnections(registers: Registry[]): () => void {
  const connections = new Counter({
    name: 'http_connections_cut_total',
    help: 'Connections cut: too many open ("limit"), too many bytes not read ("unread"), or slow when the service stopped ("stop").',
    labelNames: ['why'],
    registers,
  });
  const listener = (why: unknown) => connections.inc({ why: String(why) });
  cutConnections.subscribe(listener);
  return () => void cutConnections.unsubscribe(listener);
}

/** Registers the metrics of the connection pool, which read its state at each scrape. */
function addPoolMetrics(pool: () => Pool | undefined, registers: Registry[]): void {
  if (pool() === undefined) return;
  const connections = new Gauge({
    name: 'database_pool_connections',
    help: 'Connections to the database: "most" is the limit, "free" are idle, "used" are busy.',
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
    help: 'Tasks waiting for a connection now.',
    registers,
    collect() {
      waiting.set((pool() as Pool).waiting);
    },
  });
  const addCounter = (name: string, help: string, value: (state: Pool) => number) => {
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
  addCounter('database_pool_waits_total', 'Times that a task waited for a connection.', ({ waits }) => waits);
  addCounter(
    'database_pool_wait_seconds_total',
    'Total time that tasks waited for a connection.',
    ({ waited }) => waited / 1000,
  );
}
