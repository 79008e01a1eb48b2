/** What is compared by `bench:cost`: each row is the service with settings of its own, beside another row that it is measured against. */

import { findFreePort } from '../tools/free-port.ts';

export interface CostSetting {
  /** Environment variables of the service. */
  readonly env: Readonly<Record<string, string>>;
  /** The row that this one is put beside. */
  readonly beside: string;
  /** What its callers send as `Authorization: Bearer`. */
  readonly credential?: 'key' | 'token';
}

const BARE = { LOG_LEVEL: 'error' };
const LOGS = { LOG_LEVEL: 'info' };
/** Budgets that nobody uses up here. */
const LIMITS = { RATE_LIMIT_READS: '1000000', RATE_LIMIT_WRITES: '1000000' };
/** Nothing listens there: the spans are made, and thrown away. */
const TRACES = { ...LOGS, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };

/** @param jwt the settings of a service that accepts the tokens of the local issuer. */
export async function costSettings(
  jwt: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, CostSetting>>> {
  const metricsPort = async () => ({ METRICS_PORT: String(await findFreePort()) });
  return {
    bare: { env: BARE, beside: 'bare' },
    // The one that is on by default.
    'no audit trail': { env: { ...BARE, AUDIT: 'off' }, beside: 'bare' },
    'api key': { env: { ...BARE, AUTH: 'api-key' }, beside: 'bare', credential: 'key' },
    'access token': { env: { ...BARE, ...jwt, AUTH: 'jwt' }, beside: 'bare', credential: 'token' },
    limits: { env: { ...BARE, ...LIMITS }, beside: 'bare' },
    logs: { env: LOGS, beside: 'bare' },
    'logs + EMF': { env: { ...LOGS, METRICS: 'emf' }, beside: 'bare' },
    'logs + Prometheus': { env: { ...LOGS, ...(await metricsPort()) }, beside: 'bare' },
    'as on AWS': {
      env: { ...LOGS, ...LIMITS, METRICS: 'emf', AUTH: 'api-key' },
      beside: 'bare',
      credential: 'key',
    },
    traces: { env: TRACES, beside: 'logs' },
    'traces of 1 in 100': {
      env: { ...TRACES, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' },
      beside: 'logs',
    },
  };
}
