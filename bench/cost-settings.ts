/** The settings that `npm run bench:cost` compares. Each is measured against another one. */

import { findFreePort } from '../tools/free-port.ts';

export interface CostSetting {
  /** Environment variables of the service. */
  readonly env: Readonly<Record<string, string>>;
  /** The name of the setting to compare with. */
  readonly baseline: string;
  /** What clients send as `Authorization: Bearer`. */
  readonly credential?: 'key' | 'token';
}

const BARE = { LOG_LEVEL: 'error' };
const LOGS = { LOG_LEVEL: 'info' };
/** Too high to be exceeded here. */
const LIMITS = { RATE_LIMIT_READS: '1000000', RATE_LIMIT_WRITES: '1000000' };
/** No collector listens there: spans are recorded and then dropped. */
const TRACES = { ...LOGS, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };

/** @param jwt settings that make the service accept tokens of the local issuer. */
export async function costSettings(
  jwt: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, CostSetting>>> {
  const metricsPort = async () => ({ METRICS_PORT: String(await findFreePort()) });
  return {
    bare: { env: BARE, baseline: 'bare' },
    // The audit trail is on by default.
    'no audit trail': { env: { ...BARE, AUDIT: 'off' }, baseline: 'bare' },
    'api key': { env: { ...BARE, AUTH: 'api-key' }, baseline: 'bare', credential: 'key' },
    'access token': { env: { ...BARE, ...jwt, AUTH: 'jwt' }, baseline: 'bare', credential: 'token' },
    limits: { env: { ...BARE, ...LIMITS }, baseline: 'bare' },
    'api key + limits': {
      env: { ...BARE, ...LIMITS, AUTH: 'api-key' },
      baseline: 'bare',
      credential: 'key',
    },
    logs: { env: LOGS, baseline: 'bare' },
    'logs + EMF': { env: { ...LOGS, METRICS: 'emf' }, baseline: 'bare' },
    'logs + Prometheus': { env: { ...LOGS, ...(await metricsPort()) }, baseline: 'bare' },
    'as on AWS': {
      env: { ...LOGS, ...LIMITS, METRICS: 'emf', AUTH: 'api-key' },
      baseline: 'bare',
      credential: 'key',
    },
    traces: { env: TRACES, baseline: 'logs' },
    'traces of 1 in 100': {
      env: { ...TRACES, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' },
      baseline: 'logs',
    },
  };
}
