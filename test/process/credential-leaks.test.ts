/** Credentials of clients, and passwords in URLs, appear in no output. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { findFreePort } from '../../tools/free-port.ts';
import { type Issuer, startIssuer } from '../../tools/start-issuer.ts';
import { askEverything } from './ask-everything.ts';
import { makeDatabase } from './databases.ts';
import { startEchoingCollector } from './echoing-collector.ts';
import { expectNoSecret, SECRETS, secretParts } from './planted-secrets.ts';
import { type Ended, runProgram, type Settings, startService } from './start-service.ts';
import { giveCredentials, NO_CREDENTIAL, tryEverywhere } from './tried-credentials.ts';

const outputOf = ({ stdout, stderr }: Ended) => `${stdout}\n${stderr}`;

/** Adds a user to a URL, with one of the secrets as password. */
function withPassword(url: string | URL, password: string): string {
  return Object.assign(new URL(url), { username: 'ann', password }).href;
}

async function anIssuer(): Promise<Issuer> {
  const issuer = await startIssuer();
  onTestFinished(() => issuer.stop().catch(() => {}));
  return issuer;
}

/** Settings with API keys and tokens, and with a secret in each setting that can contain one. */
function settingsFor(issuer: Issuer, collector: string | URL): Settings {
  return {
    ...issuer.settings,
    AUTH: 'api-key,jwt',
    JWT_JWKS_URL: `${issuer.url}/keys?token=${SECRETS.JWT_JWKS_URL}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: withPassword(collector, SECRETS.OTEL_EXPORTER_OTLP_ENDPOINT),
    OTEL_EXPORTER_OTLP_HEADERS: `x-collector-key=${SECRETS.OTEL_EXPORTER_OTLP_HEADERS}`,
  };
}

describe.each(['info', 'trace'])('a service that logs at level %s', (LOG_LEVEL) => {
  // Proves: credentials-in-output
  it('shows no credential in answers, log, metrics or traces, even when it fails', async () => {
    const [issuer, collector] = [await anIssuer(), await startEchoingCollector(200)];
    const { url, query } = await makeDatabase('SQLite');
    const port = await findFreePort();
    const settings = {
      ...settingsFor(issuer, collector.url),
      ...{ DATABASE_URL: url, LOG_LEVEL, METRICS: 'emf', METRICS_PORT: String(port) },
      ...{ RATE_LIMIT_READS: '150', RATE_LIMIT_WRITES: '150' },
    };
    expect((await runProgram('commands/migrate.ts', settings)).code).toBe(0);
    const { good, all } = await giveCredentials({ url, query }, issuer);
    const service = await startService(settings);
    const answers: string[] = [];
    for (const credential of all) answers.push(await tryEverywhere(service.url, credential));
    await query('ALTER TABLE cars RENAME COLUMN brand TO gone');
    answers.push(await tryEverywhere(service.url, good));
    const answered = answers.join('\n');
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const ended = await service.stop();

    // Every kind of answer occurred.
    for (const status of [200, 201, 400, 401, 404, 422, 429, 500])
      expect(answered).toMatch(new RegExp(`^${status} `, 'm'));
    expect(ended.stdout).toContain('"problem":"internal"');
    expect(metrics).toContain('http_requests_total{');
    // The collector received its own credentials.
    const basic = btoa(`ann:${SECRETS.OTEL_EXPORTER_OTLP_ENDPOINT}`);
    expect(collector.heads[0]).toContain(`Basic ${basic}`);
    expect(collector.heads[0]).toContain(SECRETS.OTEL_EXPORTER_OTLP_HEADERS);
    expect(collector.bodies.join('')).toContain('/cars/:id');

    const secrets = [...Object.values(SECRETS), ...all.flatMap(secretParts), NO_CREDENTIAL];
    for (const text of [answered, metrics, outputOf(ended), collector.bodies.join('\n')])
      expectNoSecret(text, secrets);
    for (const program of ['commands/inspect.ts', 'commands/migrate.ts'] as const)
      expectNoSecret(outputOf(await runProgram(program, settings)), secrets);
  });
});

describe('a service whose issuer', () => {
  it.each([
    ['fails', (issuer: Issuer) => issuer.failWith(500), 'answered 500'],
    ['redirects', (issuer: Issuer) => issuer.failWith(302), 'answered 302'],
    ['is unavailable', (issuer: Issuer) => issuer.stop(), 'ECONNREFUSED'],
  ])('%s logs why, without the secret in its URL and without the token', async (_, spoil, why) => {
    const issuer = await anIssuer();
    const token = await issuer.sign();
    await spoil(issuer);
    const settings = { ...settingsFor(issuer, 'http://127.0.0.1:1'), LOG_LEVEL: 'trace' };
    const service = await startService({ ...settings, DATABASE_URL: 'sqlite::memory:' });
    const answers = await askEverything(service.url, { authorization: `Bearer ${token}` });
    expect(answers).toContain("The token issuer's keys are unavailable");
    const ended = await service.stop();
    expect(ended.stdout).toContain(why);
    for (const text of [answers, outputOf(ended)])
      expectNoSecret(text, [...Object.values(SECRETS), ...secretParts(token)]);
  });
});

it('logs why traces could not be exported, without the credentials that the collector repeats', async () => {
  const [issuer, collector] = [await anIssuer(), await startEchoingCollector(401)];
  const settings = { ...settingsFor(issuer, collector.url), LOG_LEVEL: 'trace' };
  const service = await startService({ ...settings, DATABASE_URL: 'sqlite::memory:' });
  await askEverything(service.url);
  const ended = await service.stop();
  expect(collector.heads[0]).toContain(SECRETS.OTEL_EXPORTER_OTLP_HEADERS);
  const warnings = service.log().filter(({ message }) => message === 'could not export traces');
  expect(warnings[0]).toMatchObject({ level: 'warn', reason: 'Unauthorized 401' });
  expectNoSecret(outputOf(ended));
});

const TOKENS = { AUTH: 'jwt', JWT_ISSUER: 'https://login.example', JWT_AUDIENCE: 'cars' };
const { JWT_ISSUER, JWT_JWKS_URL, OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR } = SECRETS;

it.each<[string, Settings]>([
  ['JWT_ISSUER', { ...TOKENS, JWT_ISSUER: `https://ann:${JWT_ISSUER}@login.example` }],
  ['JWT_ISSUER', { ...TOKENS, JWT_ISSUER: `https://:${JWT_ISSUER}@login.example` }],
  ['JWT_ISSUER', { ...TOKENS, JWT_ISSUER: `https://login.example/?key=${JWT_ISSUER}` }],
  ['JWT_ISSUER', { ...TOKENS, JWT_ISSUER: `ann:${JWT_ISSUER}@login.example` }],
  ['JWT_JWKS_URL', { ...TOKENS, JWT_JWKS_URL: `https://ann:${JWT_JWKS_URL}@login.example/keys` }],
  ['JWT_JWKS_URL', { ...TOKENS, JWT_JWKS_URL: `https://:${JWT_JWKS_URL}@login.example/keys` }],
  ['JWT_JWKS_URL', { ...TOKENS, JWT_JWKS_URL: `http://login.example/keys?key=${JWT_JWKS_URL}` }],
  ['JWT_JWKS_URL', { ...TOKENS, JWT_JWKS_URL: `//ann:${JWT_JWKS_URL}@login.example/keys` }],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', { OTEL_EXPORTER_OTLP_ENDPOINT: `grpc://ann:${COLLECTOR}@collector` }],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', { OTEL_EXPORTER_OTLP_ENDPOINT: `http://ann:${COLLECTOR}@collector:99999` }],
])('rejects an invalid %s without showing it: %j', async (variable, settings) => {
  const ended = await runProgram('main.ts', { DATABASE_URL: 'sqlite::memory:', PORT: '0', ...settings });
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(`${variable} must be`) });
  expectNoSecret(outputOf(ended));
});

it('shows no secret when the metrics port is in use', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const address = taken.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  const settings = settingsFor(await anIssuer(), 'http://127.0.0.1:1');
  const ended = await runProgram('main.ts', {
    ...{ ...settings, DATABASE_URL: 'sqlite::memory:', PORT: '0' },
    METRICS_PORT: String(address.port),
  });
  expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining('set METRICS_PORT') });
  expectNoSecret(outputOf(ended));
});

it('hides them in every dump of the configuration', async () => {
  const config = parseConfig(settingsFor(await anIssuer(), 'http://collector:4318'));
  expect(config.auth.jwt?.jwksUrl?.()).toContain(SECRETS.JWT_JWKS_URL);
  expect(config.observability.traces?.endpoint()).toContain(SECRETS.OTEL_EXPORTER_OTLP_ENDPOINT);
  expectNoSecret(inspect(config, { depth: Number.POSITIVE_INFINITY, showHidden: true }));
  expectNoSecret(JSON.stringify(config));
});
