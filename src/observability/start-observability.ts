/**
 * Starts traces, metrics and the log of cut connections. Loads only the libraries that the
 * configuration needs.
 */

import type { ObservabilityConfig } from '../config/observability.ts';
import { logCutConnections } from './cut-connections.ts';
import type { Log } from './log.ts';
import type { MetricsSource } from './metrics.ts';

export interface Observability {
  /** Stops. Sends the remaining spans first, for at most `limit` milliseconds. */
  close(limit: number): Promise<void>;
}

/** Rejects when the metrics port is in use. */
export async function startObservability(
  { metricsPort, traces }: ObservabilityConfig,
  host: string,
  source: MetricsSource,
  log: Log,
): Promise<Observability> {
  const tracing = traces && (await import('./traces.ts')).startTraces(traces, source.version, log);
  const metrics = metricsPort === 0 ? undefined : (await import('./metrics.ts')).createMetrics(source);
  const server =
    metrics && (await (await import('./metrics-server.ts')).startMetricsServer(metrics, host, metricsPort));
  const stopLogging = logCutConnections(log);
  return {
    async close(limit) {
      stopLogging();
      server?.close();
      metrics?.close();
      await tracing?.close(limit);
    },
  };
}
