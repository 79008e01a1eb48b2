/** TLS to MySQL: the certificate must come from a trusted authority and contain the host name. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withConnection } from '../../tools/mysql-client.ts';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import { type Authority, createAuthority, type ServerCertificate } from './certificates.ts';
import { runProgram, type Settings, startService } from './start-service.ts';
import { startTlsServer, type TlsServer } from './tls-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'cars-api-tls-'));

let ours: Authority;
let good: ServerCertificate;
let server: TlsServer;

beforeAll(async () => {
  ours = createAuthority(folder, 'ours');
  good = ours.issue(['localhost', '127.0.0.1']);
  server = await startTlsServer(folder, good);
  await withConnection(server.url, (connection) =>
    connection.query(`
      CREATE DATABASE cars_tls;
      CREATE USER 'secretive'@'%' IDENTIFIED BY 'hunter2' REQUIRE SSL;
      GRANT ALL ON cars_tls.* TO 'secretive'@'%'`),
  );
});

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Settings for a user that the server accepts only over TLS. */
function settings(more: Settings): Settings {
  return {
    DATABASE_HOST: 'localhost',
    DATABASE_PORT: String(server.port),
    DATABASE_NAME: 'cars_tls',
    DATABASE_USER: 'secretive',
    DATABASE_PASSWORD: 'hunter2',
    DATABASE_TLS: 'verify',
    DATABASE_TLS_CA_FILE: ours.file,
    ...more,
  };
}

async function expectRefused(more: Settings, reason: RegExp): Promise<void> {
  const ended = await runProgram('commands/migrate.ts', settings(more));
  expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' });
  expect(ended.stderr.replace(/\n$/, '')).toMatch(reason);
}

it('serves over an encrypted connection', async () => {
  const service = await startService(settings({}));
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  expect((await fetchWithRetries(`${service.url}/cars`)).status).toBe(200);
  expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
});

it('is denied without TLS, which proves that the other connections used it', async () => {
  await expectRefused({ DATABASE_TLS: '', DATABASE_TLS_CA_FILE: '' }, /^Access denied for user 'secretive'@/);
});

it.each([
  ['another authority', () => ({ DATABASE_TLS_CA_FILE: createAuthority(folder, 'another').file })],
  ["the system's authorities", () => ({ DATABASE_TLS_CA_FILE: '' })],
  ["Amazon's authorities", () => ({ DATABASE_TLS: 'rds', DATABASE_TLS_CA_FILE: '' })],
])('rejects the server when it trusts %s', async (_whose, more) => {
  await expectRefused(more(), /certificate/);
});

it('reports a CA file without a certificate', async () => {
  const file = join(folder, 'no-certificate.pem');
  writeFileSync(file, 'no certificate');
  await expectRefused({ DATABASE_TLS_CA_FILE: file }, /certificate|PEM/);
});

// Proves: false-database
it('rejects a server whose certificate is for another host', async () => {
  await server.show(ours.issue(['db.example.com']));
  await expectRefused({}, /does not match certificate/);
  await server.show(good);
  expect(await runProgram('commands/migrate.ts', settings({}))).toMatchObject({ code: 0, stderr: '' });
});

it('does not accept a certificate for localhost when the host is an IP address', async () => {
  await server.show(ours.issue(['localhost']));
  await expectRefused({ DATABASE_HOST: '127.0.0.1' }, /^DATABASE_HOST must contain a host name /);
  await server.show(good);
});
