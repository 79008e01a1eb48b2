/** The services of compose.yaml: the API with MySQL, as one instance and as three with haproxy. */

import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { findFreePort } from '../../tools/free-port.ts';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import { composeProject, docker } from './docker.ts';
import { waitFor, waitForAnswer } from './wait-for.ts';

const project = `cars-api-test-${randomBytes(4).toString('hex')}`;
const PORT = String(await findFreePort());
const SCALE_PORT = String(await findFreePort());
const url = `http://127.0.0.1:${PORT}`;
const compose = composeProject(project, {
  PORT,
  SCALE_PORT,
  CARS_API_TAG: inject('image').replace(/^.*:/, ''),
});
const json = { 'content-type': 'application/json' };

afterEach(async ({ task }) => {
  // What the containers were doing, before they are gone.
  if (task.result?.state === 'fail')
    process.stderr.write(`${await compose('ps', '--all')}\n${await compose('logs', '--tail', '20')}\n`);
  await compose('down', '--volumes', '--remove-orphans', '--timeout', '10');
});

async function post(model: string): Promise<number> {
  const body = JSON.stringify({ brand: 'Volkswagen', model, year: 2018 });
  return (await fetchWithRetries(`${url}/cars`, { method: 'POST', headers: json, body })).status;
}

/** Creates a car; returns its id. */
async function create(cars: string, model: string): Promise<number> {
  const body = JSON.stringify({ brand: 'Fiat', model, year: 1980 });
  const response = await fetchWithRetries(cars, { method: 'POST', headers: json, body });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return ((await response.json()) as { id: number }).id;
}

/** Sends a query to MySQL, as the service's user. */
function sql(statement: string): Promise<string> {
  const client = `mysql --user=cars --password="$(cat /run/secrets/database-password)" --skip-column-names cars -e "$0"`;
  return compose('exec', '-T', 'db', 'sh', '-c', client, statement);
}

describe('docker compose up', () => {
  it("answers the README's requests, and keeps cars after a restart and a second up", async () => {
    await compose('up', '--detach', 'api');
    await waitForAnswer(`${url}/readyz`, 60);
    expect(await (await fetch(`${url}/create-table`)).text()).toBe('Tabla cars creada');
    const body = '{"brand": "Volkswagen", "model": "Golf", "year": 2018}';
    const created = await fetchWithRetries(`${url}/cars`, { method: 'POST', headers: json, body });
    expect(await created.text()).toBe('{"brand":"Volkswagen","id":1,"model":"Golf","year":2018}');
    const change = '{"brand": "Volkswagen", "model": "Polo", "year": 2019}';
    const changed = await fetchWithRetries(`${url}/cars/1`, { method: 'PUT', headers: json, body: change });
    expect(await changed.text()).toBe('{"brand":"Volkswagen","id":1,"model":"Polo","year":2019}');

    await compose('restart');
    await waitForAnswer(`${url}/readyz`, 60);
    expect(await (await fetchWithRetries(`${url}/cars`)).json()).toHaveLength(1);
    await compose('down', '--timeout', '10');
    await compose('up', '--detach', 'api');
    await waitForAnswer(`${url}/readyz`, 60);
    expect(await (await fetchWithRetries(`${url}/cars`)).json()).toHaveLength(1);

    await compose('down', '--volumes', '--timeout', '10');
    expect(await docker('volume', 'ls', '--quiet', '--filter', `name=${project}`)).toBe('');
    expect(await docker('ps', '--all', '--quiet', '--filter', `name=${project}`)).toBe('');
  });

  it('passes the password to the API as a file, not in its environment', async () => {
    await compose('up', '--detach', 'api');
    await waitForAnswer(`${url}/readyz`, 60);
    const env = await docker('inspect', `${project}-api-1`, '--format', '{{json .Config.Env}}');
    expect(env).toContain('DATABASE_PASSWORD_FILE=/run/secrets/database-password');
    expect(env).not.toContain('only-for-this-laptop');
  });

  it('waits for MySQL when the API starts first, and recovers by itself', async () => {
    await compose('up', '--detach', '--no-deps', 'api');
    await waitForAnswer(`${url}/healthz`, 30);
    const refused = await fetch(`${url}/cars`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    await compose('up', '--detach', 'db');
    await waitForAnswer(`${url}/readyz`, 60);
    expect(await post('Golf')).toBe(201);
    expect(await docker('inspect', `${project}-api-1`, '--format', '{{.RestartCount}}')).toBe('0');
  });

  it('migrates once when three instances start together, and serves through haproxy', async () => {
    await compose('up', '--detach', '--wait', 'db');
    await compose('up', '--detach', '--no-deps', 'api', 'api-2', 'api-3');
    await compose('up', '--detach', '--build', '--no-deps', 'balancer');
    const balanced = `http://127.0.0.1:${SCALE_PORT}`;
    await waitForAnswer(`${balanced}/readyz`, 60);
    const logs = await waitFor('three APIs', 30, async () => {
      const lines = await compose('logs', '--no-log-prefix', 'api', 'api-2', 'api-3');
      return (lines.match(/Server listening at http:\/\/127/g)?.length ?? 0) === 3 ? lines : undefined;
    });
    expect(logs).not.toContain('"level":"fatal"');
    expect(
      await sql(
        'SELECT COUNT(*), COUNT(DISTINCT version), MIN(finished_at IS NOT NULL) FROM schema_migrations',
      ),
    ).toMatch(/^(\d+)\t\1\t1$/m);
    const ids = await Promise.all(
      Array.from({ length: 60 }, (_, index) => create(`${balanced}/cars`, `Panda ${index}`)),
    );
    expect(new Set(ids).size).toBe(60);
  });
});
