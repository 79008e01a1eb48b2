/** The image on its embedded database. */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { readMigrations } from '../../src/database/migrations.ts';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import { docker, exitCode } from './docker.ts';
import { PLANTED_SECRET } from './global-setup.ts';
import { waitFor, waitForAnswer } from './wait-for.ts';

const image = inject('image');
const containers: string[] = [];

/** The image listens on all addresses, so running without authentication must be explicit. */
const OPEN = ['-e', 'AUTH_NONE_IS_INTENDED=true'];

/** Starts the image as in production: only /data and /tmp are writable, and without capabilities. */
async function start(...args: string[]): Promise<{ name: string; url: string }> {
  const name = `cars-api-test-${randomBytes(4).toString('hex')}`;
  containers.push(name);
  const safe = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--stop-timeout', '15'];
  await docker('run', '-d', '--name', name, ...safe, '-p', '127.0.0.1::5000', ...OPEN, ...args, image);
  const address = await docker('port', name, '5000/tcp');
  return { name, url: `http://${address.split('\n')[0]}` };
}

afterEach(async () => {
  for (const name of containers.splice(0)) await docker('rm', '--force', '--volumes', name);
});

async function config(): Promise<{
  User: string;
  Labels: Record<string, string>;
  ExposedPorts: object;
  Env: string[];
}> {
  return JSON.parse(await docker('image', 'inspect', image, '--format', '{{json .Config}}'));
}

async function size(name: string): Promise<number> {
  return Number(await docker('image', 'inspect', name, '--format', '{{.Size}}'));
}

describe('the image', () => {
  it('serves from a read-only root file system as a non-root user', async () => {
    const { name, url } = await start();
    await waitForAnswer(`${url}/healthz`, 60);
    const created = await fetchWithRetries(`${url}/cars`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"brand":"Volkswagen","model":"Golf","year":2018}',
    });
    expect(created.status).toBe(201);
    expect(await docker('exec', name, 'node', '-p', 'process.getuid()')).toBe('1000');
    const write =
      "try { require('fs').writeFileSync('/app/x', '') } catch (error) { console.log(error.code) }";
    expect(await docker('exec', name, 'node', '-e', write)).toBe('EROFS');
  });

  it('serves the page with its script and style', async () => {
    const { url } = await start();
    await waitForAnswer(`${url}/healthz`, 60);
    const page = await fetchWithRetries(`${url}/`, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const files = [...(await page.text()).matchAll(/"(\/page\/[^"]+)"/g)].map(([, path]) => path);
    expect(files.length).toBeGreaterThan(2);
    for (const path of files) expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 200]);
  });

  it('reports healthy by its own check', async () => {
    const { name } = await start();
    const health = await waitFor('health', 60, async () => {
      const status = await docker('inspect', name, '--format', '{{.State.Health.Status}}');
      return status === 'starting' ? undefined : status;
    });
    expect(health).toBe('healthy');
  });

  it('keeps cars in the volume /data', async () => {
    const volume = `cars-api-test-${randomBytes(4).toString('hex')}`;
    try {
      const first = await start('-v', `${volume}:/data`);
      await waitForAnswer(`${first.url}/healthz`, 60);
      const headers = { 'content-type': 'application/json' };
      await fetchWithRetries(`${first.url}/cars`, {
        method: 'POST',
        headers,
        body: '{"brand":"Fiat","model":"500","year":1957}',
      });
      await docker('rm', '--force', first.name);
      containers.splice(0);
      const second = await start('-v', `${volume}:/data`);
      await waitForAnswer(`${second.url}/healthz`, 60);
      expect(await (await fetchWithRetries(`${second.url}/cars`)).json()).toEqual([
        { brand: 'Fiat', id: 1, model: '500', year: 1957 },
      ]);
    } finally {
      for (const name of containers.splice(0)) await docker('rm', '--force', name);
      await docker('volume', 'rm', volume);
    }
  });

  it('answers the request in flight on docker stop, and exits with 0', async () => {
    const { name, url } = await start();
    await waitForAnswer(`${url}/healthz`, 60);
    const body = '{"brand":"Volkswagen","model":"Polo","year":2019}';
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const call = request(`${url}/cars`, { method: 'POST', headers });
    const status = new Promise((resolve, reject) => {
      call.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
    });
    // The head and half of the body, so that the request is in flight.
    await new Promise((resolve) => call.write(body.slice(0, 20), resolve));
    await fetch(`${url}/healthz`);
    const stopped = docker('stop', name);
    await waitFor('the refusal of new connections', 5, () =>
      fetch(`${url}/healthz`, { headers: { connection: 'close' } }).then(
        () => undefined,
        () => true,
      ),
    );
    call.end(body.slice(20));
    expect(await status).toBe(201);
    await stopped;
    expect(await exitCode(name)).toBe(0);
  });

  it('requires an explicit opt-in to run without authentication, and accepts an API key', async () => {
    const closed = `cars-api-test-${randomBytes(4).toString('hex')}`;
    containers.push(closed);
    await docker('run', '-d', '--name', closed, image);
    await docker('wait', closed);
    expect(await exitCode(closed)).toBe(1);
    const { name, url } = await start('-e', 'AUTH=api-key');
    await waitForAnswer(`${url}/healthz`, 60);
    const grant = ['--name', 'ann', '--scope', 'cars:read', '--expires', '1h'];
    const command = ['node', '/app/dist/run.js', 'keys', 'create', ...grant];
    const key = await docker('exec', name, ...command);
    expect((await fetchWithRetries(`${url}/cars`)).status).toBe(401);
    expect((await fetchWithRetries(`${url}/cars`, { headers: { 'x-api-key': key } })).status).toBe(200);
  });

  it('runs the command "migrate", and rejects an unknown command', async () => {
    const migrated = `cars-api-test-${randomBytes(4).toString('hex')}`;
    const unknown = `cars-api-test-${randomBytes(4).toString('hex')}`;
    containers.push(migrated, unknown);
    await docker('run', '-d', '--name', migrated, image, 'migrate');
    await docker('wait', migrated);
    expect(await exitCode(migrated)).toBe(0);
    expect(await docker('logs', migrated)).toContain('the schema is up to date');
    await docker('run', '-d', '--name', unknown, image, 'dance');
    await docker('wait', unknown);
    expect(await exitCode(unknown)).toBe(2);
  });

  it('has labels, user and port', async () => {
    const { User, Labels, ExposedPorts } = await config();
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(User).toBe('node');
    expect(Object.keys(ExposedPorts)).toEqual(['5000/tcp']);
    expect(Labels).toMatchObject({
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.revision': 'unknown',
    });
  });

  it('has the schema version of its migrations as a label, and cannot be built with another', async () => {
    const names = await docker('run', '--rm', '--entrypoint', 'ls', image, '/app/migrations/mysql');
    const newest = Number(names.split('\n').at(-1)?.slice(0, 4));
    expect(newest).toBe(readdirSync('migrations/mysql').length);
    const { Labels } = await config();
    expect(Labels['cars-api.schema-version']).toBe(String(newest));
    const oldest = readMigrations('migrations/mysql', 'mysql').map(
      ({ oldestCompatible }) => oldestCompatible,
    );
    expect(Labels['cars-api.oldest-compatible']).toBe(String(Math.max(...oldest)));
    for (const lie of [`SCHEMA_VERSION=${newest + 1}`, `OLDEST_COMPATIBLE=${newest + 1}`]) {
      const build = docker('build', '--build-arg', lie, '.');
      await expect(build).rejects.toThrow(/for engine in migrations.*exit (?:status|code):? 1/s);
    }
  });

  it('adds less than 60 MB to its base image', async () => {
    const base = /^ARG BASE=(\S+)$/m.exec(readFileSync('Dockerfile', 'utf8'))?.[1] ?? '';
    expect((await size(image)) - (await size(base))).toBeLessThan(60e6);
  });

  it('contains no secret from the source folder, in layers or history', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cars-api-layers-'));
    try {
      const archive = join(folder, 'image.tar');
      await docker('save', '--output', archive, image);
      const saved = readFileSync(archive);
      // Layers are not compressed in this archive. The search must find a text that is certainly there.
      expect(saved.includes('unknown command')).toBe(true);
      expect(saved.includes(PLANTED_SECRET)).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(await docker('history', '--no-trunc', image)).not.toContain(PLANTED_SECRET);
    const { Env } = await config();
    expect(Env.filter((entry) => /PASSWORD|SECRET|TOKEN/i.test(entry))).toEqual([]);
  });
});
