/** Sign-in to MySQL with tokens of AWS IAM, which pam-server.ts stands in for. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { withConnection } from '../../tools/mysql-client.ts';
import { type Authority, createAuthority } from '../process/certificates.ts';
import { startLoginServer } from '../process/login-server.ts';
import { runProgram, type Settings, startService } from '../process/start-service.ts';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import { type PamServer, startPamServer } from './pam-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'cars-api-iam-'));

let authority: Authority;
let server: PamServer;
let seen: number;

beforeAll(async () => {
  authority = createAuthority(folder, 'ours');
  server = await startPamServer(folder, authority.issue(['localhost', '127.0.0.1']));
});
beforeEach(() => {
  seen = server.tokens().length;
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const CREDENTIALS = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'planted-secret-key',
};

function settings(more: Settings = {}): Settings {
  return {
    ...CREDENTIALS,
    DATABASE_HOST: 'localhost',
    DATABASE_PORT: String(server.port),
    DATABASE_NAME: 'cars_pam',
    DATABASE_USER: 'token_user',
    DATABASE_AUTH: 'iam',
    DATABASE_TLS: 'verify',
    DATABASE_TLS_CA_FILE: authority.file,
    ...more,
  };
}

const newTokens = () => server.tokens().slice(seen);

/** Closes the connections of the service, so that it signs in again. */
const closeConnections = () =>
  withConnection(server.url, async (connection) => {
    const [rows] = await connection.query(
      "SELECT id FROM information_schema.processlist WHERE user = 'token_user'",
    );
    for (const { id } of rows as { id: number }[]) await connection.query(`KILL ${id}`).catch(() => {});
  });

// Proves: token-in-clear-text
it('serves with one token for all connections, signed for the host and the user', async () => {
  const service = await startService(settings());
  const requests = Array.from({ length: 20 }, () => fetchWithRetries(`${service.url}/cars`));
  for (const { status } of await Promise.all(requests)) expect(status).toBe(200);
  await closeConnections();
  expect((await fetchWithRetries(`${service.url}/cars`)).status).toBe(200);
  const tokens = new Set(newTokens());
  expect(newTokens().length).toBeGreaterThan(1);
  expect(tokens.size).toBe(1);
  const [token = ''] = tokens;
  expect(token).toMatch(new RegExp(`^localhost:${server.port}/\\?`));
  const query = new URL(`https://${token}`).searchParams;
  expect(Object.fromEntries(query)).toMatchObject({
    Action: 'connect',
    DBUser: 'token_user',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Expires': '900',
    'X-Amz-Credential': expect.stringMatching(/^AKIDEXAMPLE\/\d{8}\/eu-central-1\/rds-db\/aws4_request$/),
  });
  const ended = await service.stop();
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(ended.stdout).not.toMatch(/X-Amz|planted-secret-key/);
});

it('signs a new token when the server rejects the current one, and retries at once', async () => {
  const service = await startService(settings());
  expect((await fetchWithRetries(`${service.url}/cars`)).status).toBe(200);
  const [first = ''] = newTokens();
  // A second later, the signature is another.
  while (new Date().toISOString().replaceAll(/[-:]|\..*/g, '') <= dateOf(first)) await nextMoment();
  server.reject(first);
  await closeConnections();
  expect((await fetchWithRetries(`${service.url}/cars`)).status).toBe(200);
  const tokens = newTokens();
  expect(new Set(tokens).size).toBe(2);
  expect(service.output.stdout).not.toContain('Access denied');
  await service.stop();
});

it('is unavailable while every token is rejected, and then recovers by itself', async () => {
  const service = await startService(settings());
  expect((await fetchWithRetries(`${service.url}/readyz`)).status).toBe(200);
  server.rejectAll(true);
  await closeConnections();
  while ((await fetch(`${service.url}/readyz`)).status !== 503) await nextMoment();
  server.rejectAll(false);
  while ((await fetch(`${service.url}/readyz`)).status !== 200) await nextMoment();
  const { stdout } = await service.stop();
  expect(stdout).toContain("Access denied for user 'token_user'");
  expect(stdout).not.toMatch(/X-Amz|planted-secret-key/);
});

it('names what is missing without AWS credentials', async () => {
  const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
  const withoutCredentials = await runProgram('commands/inspect.ts', settings(none));
  expect(withoutCredentials).toMatchObject({ code: 1, stdout: '' });
  expect(withoutCredentials.stderr).toMatch(/credentials/i);
  expect(newTokens()).toEqual([]);
});

// Proves: token-in-clear-text
it('gives no token to a server that asks for clear text without TLS', async () => {
  const received: string[] = [];
  const url = new URL(
    await startLoginServer('mysql_clear_password', (data) => received.push(data.toString('latin1'))),
  );
  const ended = await runProgram(
    'commands/inspect.ts',
    settings({ DATABASE_HOST: 'localhost', DATABASE_PORT: url.port }),
  );
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(/secure connection|SSL|TLS/i);
  expect(received.join('')).not.toContain('X-Amz');
});

it('does not start without TLS', async () => {
  const ended = await runProgram('main.ts', settings({ DATABASE_TLS: '', DATABASE_TLS_CA_FILE: '' }));
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toBe('DATABASE_TLS must be rds or verify when DATABASE_AUTH is "iam"\n');
  expect(newTokens()).toEqual([]);
});

it('gives no token to a server whose certificate is from another authority', async () => {
  const another = createAuthority(folder, 'another').file;
  const ended = await runProgram('commands/inspect.ts', settings({ DATABASE_TLS_CA_FILE: another }));
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/certificate/);
  expect(newTokens()).toEqual([]);
});

/** As in a token: `20261125T203015`. */
function dateOf(token: string): string {
  return new URL(`https://${token}`).searchParams.get('X-Amz-Date')?.replace('Z', '') ?? '';
}

function nextMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
