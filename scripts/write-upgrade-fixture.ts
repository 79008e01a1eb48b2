/**
 * `node scripts/write-upgrade-fixture.ts COMMIT`: lets the service of an old commit write data on both engines, and
 * stores the databases and the answers for `test/process/upgrade.test.ts`.
 */

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { escapeId, escape as quote } from 'mysql2';
import { findFreePort } from '../tools/free-port.ts';
import { queryRows, withConnection } from '../tools/mysql-client.ts';
import { provideServer } from '../tools/mysql-server.ts';
import { checkOut } from './previous-release/check-out.ts';

const ROOT = join(import.meta.dirname, '..');
const TARGET = join(ROOT, 'test/process/upgrade');

/** What the old service is asked to write. The last car is deleted, so that its id must not be used again. */
const WRITES: readonly [method: string, path: string, body?: object, key?: string][] = [
  ['POST', '/cars', { brand: 'Citroën', model: 'C3 🚗', year: 2018 }],
  ['POST', '/cars', { brand: "O'Neil \\ %_", model: 'Straße', year: 1886 }],
  ['POST', '/cars', { brand: 'Volkswagen', model: 'Golf', year: 2100 }, 'order-1'],
  ['POST', '/cars', { brand: 'Volkswagen', model: 'Polo', year: 2001 }],
  ['PATCH', '/cars/1', { year: 2019 }],
  ['PUT', '/cars/1', { brand: 'CITROËN', model: 'C3', year: 2020 }],
  ['DELETE', '/cars/4'],
];

/** What it answers afterwards, and every later service should. */
const READS = [
  '/cars/1',
  '/cars/2',
  '/cars/3',
  '/cars/1/history',
  '/cars/4/history',
  '/cars?count=exact&sort=brand,-year',
  '/cars?brand=citro%C3%ABn',
  '/cars?limit=1',
];

const [commit] = process.argv.slice(2);
if (commit === undefined) throw new Error('usage: node scripts/write-upgrade-fixture.ts COMMIT');
const folder = mkdtempSync(join(tmpdir(), 'cars-api-upgrade-'));
const server = await provideServer();
try {
  const old = join(folder, 'old');
  execFileSync('mkdir', [old]);
  checkOut(ROOT, commit, old);
  const file = join(folder, 'cars.db');
  await write(old, 'sqlite', `sqlite:${file}`, () => dumpSqlite(file));
  await queryRows(server.url, 'CREATE DATABASE cars_upgrade');
  const url = `${server.url}/cars_upgrade`;
  await write(old, 'mysql', url, () => dumpMysql(url)).finally(() =>
    queryRows(server.url, 'DROP DATABASE cars_upgrade'),
  );
} finally {
  await server.stop();
  rmSync(folder, { recursive: true });
}

async function write(old: string, engine: string, url: string, dump: () => Promise<string> | string) {
  const port = await findFreePort();
  const env = { PATH: process.env['PATH'], DATABASE_URL: url, PORT: String(port), AUTH: 'api-key' };
  const keys = (...args: string[]) =>
    execFileSync(process.execPath, ['src/keys.ts', ...args], { cwd: old, env, encoding: 'utf8' }).trim();
  const scopes = ['--scope', 'cars:read', '--scope', 'cars:write', '--expires', '3650d'];
  const key = keys('create', '--name', 'upgrade', ...scopes);
  const revoked = keys('create', '--name', 'revoked', ...scopes);
  keys('revoke', 'revoked');

  const service = spawn(process.execPath, ['src/main.ts'], { cwd: old, env, stdio: 'ignore' });
  const send = async (method: string, path: string, body?: object, idempotencyKey?: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        'x-api-key': key,
        'x-request-id': `${method} ${path}`.replaceAll(' ', '-'),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const header = (name: string) => response.headers.get(name);
    return {
      path,
      status: response.status,
      etag: header('etag'),
      link: header('link'),
      total: header('x-total-count'),
      body: text === '' ? null : JSON.parse(text),
    };
  };
  try {
    while (!(await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok) await sleep(50);
    const written = [];
    for (const [method, path, body, idempotencyKey] of WRITES) {
      const answer = await send(method, path, body, idempotencyKey);
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
      if (idempotencyKey !== undefined) written.push({ idempotencyKey, request: body, ...answer });
    }
    const read = [];
    for (const path of READS) read.push(await send('GET', path));
    const answers = JSON.stringify({ commit, key, revoked, written, read }, null, 2);
    writeFileSync(join(TARGET, `${engine}.json`), `${answers}\n`);
  } finally {
    service.kill();
    await new Promise((resolve) => service.once('exit', resolve));
  }
  writeFileSync(join(TARGET, `${engine}.sql`), await dump());
}

function dumpSqlite(path: string): string {
  const connection = new DatabaseSync(path);
  const all = (sql: string) => connection.prepare(sql).all();
  const schema = all(
    "SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'",
  );
  const tables = schema.filter(({ type }) => type === 'table').map(({ name }) => String(name));
  const inserts = (table: string) => {
    const columns = all(`PRAGMA table_info(${table})`).map(({ name }) => toSqlText(String(name)));
    return all(`SELECT ${columns.join(" || ', ' || ")} AS row FROM ${table}`).map(
      ({ row }) => `INSERT INTO ${table} VALUES (${row});\n`,
    );
  };
  const lines = [
    ...schema.map(({ sql }) => `${sql};\n`),
    ...tables.flatMap(inserts),
    // The highest ids that were given.
    'DELETE FROM sqlite_sequence;\n',
    ...inserts('sqlite_sequence'),
  ];
  connection.close();
  return lines.join('');
}

/** `quote` ends a text at a NUL, which stored idempotency keys have. */
function toSqlText(column: string): string {
  return `CASE WHEN instr(${column}, char(0)) > 0 THEN 'CAST(x''' || hex(${column}) || ''' AS TEXT)' ELSE quote(${column}) END`;
}

function dumpMysql(url: string): Promise<string> {
  return withConnection(url, async (connection) => {
    const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
      (await connection.query({ sql, dateStrings: true } as never))[0] as never;
    const lines: string[] = [];
    for (const row of await rows('SHOW TABLES')) {
      const table = String(Object.values(row)[0]);
      const [created] = await rows(`SHOW CREATE TABLE ${escapeId(table)}`);
      lines.push(`${created?.['Create Table']};\n`);
      for (const values of await rows(`SELECT * FROM ${escapeId(table)}`)) {
        const list = Object.values(values).map((value) => quote(value as string | number | Buffer | null));
        lines.push(`INSERT INTO ${escapeId(table)} VALUES (${list.join(', ')});\n`);
      }
    }
    return lines.join('');
  });
}
