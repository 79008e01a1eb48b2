/** Turns on what the configuration asks for, and loads nothing else: who does not watch pays nothing. */

import type { WatchingConfig } from '../config/watching.ts';
import type { Log } from './log.ts';
import type { MetricsSource } from './metrics.ts';

export interface Watch {
  /** Sends what is left of the traces, for no longer than `limit` (milliseconds), and ends. */
  close(limit: number): Promise<void>;
}

/** Rejects when the port of the metrics is taken. */
export async function startWatch(
  { metricsPort, traces }: WatchingConfig,
  host: string,
  source: MetricsSource,
  log: Log,
): Promise<Watch> {
  const tracing = traces && (await import('./traces.ts')).startTraces(traces, source.version, log);
  const metrics = metricsPort === 0 ? undefined : (await import('./metrics.ts')).createMetrics(source);
  const server =
    metrics && (await (await import('./metrics-server.ts')).startMetricsServer(metrics, host, metricsPort));
  return {
    async close(limit) {
      server?.close();
      metrics?.close();
      await tracing?.close(limit);
    },
  };
}
