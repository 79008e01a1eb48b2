/** Settings for metrics and traces. */

import type { Reader } from './reader.ts';
import { hide, type Secret } from './secret.ts';

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export interface TracesConfig {
  /**
   * The collector's base URL, to which `/v1/traces` is added. It may contain a user and a password.
   */
  readonly endpoint: Secret;
  readonly sampler: (typeof SAMPLERS)[number];
  /** The share of traces that `traceidratio` records, 0 to 1. */
  readonly ratio: number;
}

export interface ObservabilityConfig {
  /** Whether request lines in the log carry metrics for CloudWatch. */
  readonly embeddedMetrics: boolean;
  /** The port of `/metrics`; 0 for none. */
  readonly metricsPort: number;
  /** Undefined when no collector is configured. */
  readonly traces: TracesConfig | undefined;
}

export function parseObservability(read: Reader): ObservabilityConfig {
  return {
    embeddedMetrics: read.choice('METRICS', ['off', 'emf'], 'off') === 'emf',
    metricsPort: read.integer('METRICS_PORT', 0, 0, 65535),
    traces: parseTraces(read),
  };
}

/**
 * Names and values follow
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
 */
function parseTraces(read: Reader): TracesConfig | undefined {
  const endpoint = read.text('OTEL_EXPORTER_OTLP_ENDPOINT');
  const sampler = read.choice('OTEL_TRACES_SAMPLER', SAMPLERS, 'parentbased_always_on');
  const given = read.text('OTEL_TRACES_SAMPLER_ARG') ?? '1';
  const ratio = /^\d*\.?\d+$/.test(given) ? Number(given) : Number.NaN;
  if (!(ratio >= 0 && ratio <= 1))
    read.fault('OTEL_TRACES_SAMPLER_ARG', `must be a number from 0 to 1, was ${JSON.stringify(given)}`);
  if (endpoint === undefined) return undefined;
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    // The value may contain a password, so the message does not repeat it.
    read.fault('OTEL_EXPORTER_OTLP_ENDPOINT', 'must be an http: or https: URL');
  }
  return { endpoint: hide(endpoint), sampler, ratio };
}
