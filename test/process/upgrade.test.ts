/**
 * Databases that an old commit has written are migrated and served: its cars, histories, keys and stored answers.
 * `scripts/write-upgrade-fixture.ts` made the files, with commit 91ffd8d.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { withConnection } from '../../tools/mysql-client.ts';
import { ENGINES, makeDatabase } from './databases.ts';
import { startService } from './start-service.ts';

interface Answer {
  readonly path: string;
  readonly status: number;
  readonly etag: string | null;
  readonly link: string | null;
  readonly total: string | null;
  readonly body: unknown;
}

/** What the old commit answered, and the keys that it made. */
interface Recorded {
  readonly key: string;
  readonly revoked: string;
  readonly written: readonly (Answer & { readonly idempotencyKey: string; readonly request: unknown })[];
  readonly read: readonly Answer[];
}

function readFixture(file: string): string {
  return readFileSync(join(import.meta.dirname, 'upgrade', file), 'utf8');
}

/** Loads the dump, and makes its stored answers as young as they were. */
async function load(engine: (typeof ENGINES)[number], url: string): Promise<void> {
  const sql = readFixture(`${engine.toLowerCase()}.sql`);
  if (engine === 'MySQL') {
    const age = 'UPDATE idempotency_keys SET created_at = UTC_TIMESTAMP()';
    await withConnection(url, (connection) => connection.query(`${sql}${age}`));
    return;
  }
  const connection = new DatabaseSync(url.replace('sqlite:', ''));
  connection.exec(`${sql}UPDATE idempotency_keys SET created_at = unixepoch()`);
  connection.close();
}

// Proves: upgrade
it.each(ENGINES)('serves what an old commit has written on %s, and continues from there', async (engine) => {
  const database = await makeDatabase(engine);
  await load(engine, database.url);
  const recorded: Recorded = JSON.parse(readFixture(`${engine.toLowerCase()}.json`));
  const service = await startService({ DATABASE_URL: database.url, AUTH: 'api-key' });

  const send = async (method: string, path: string, more: Record<string, string> = {}, body?: unknown) => {
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(`${service.url}${path}`, {
      method,
      headers: { 'x-api-key': recorded.key, ...type, ...more },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { response, body: text === '' ? null : JSON.parse(text) };
  };

  for (const expected of recorded.read) {
    const { response, body } = await send('GET', expected.path);
    expect(body, expected.path).toEqual(expected.body);
    const header = (name: string) => response.headers.get(name);
    expect({ status: response.status, link: header('link'), total: header('x-total-count') }).toEqual({
      status: expected.status,
      link: expected.link,
      total: expected.total,
    });
    if (expected.etag !== null) expect(header('etag')).toBe(expected.etag);
  }
  for (const { path, idempotencyKey, request, status, etag, body } of recorded.written) {
    const again = await send('POST', path, { 'idempotency-key': idempotencyKey }, request);
    expect(again.response.status).toBe(status);
    expect(again.response.headers.get('etag')).toBe(etag);
    expect(again.response.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(body);
  }
  expect((await send('GET', '/cars', { 'x-api-key': recorded.revoked })).response.status).toBe(401);

  const changed = await send('PATCH', '/cars/1', { 'if-match': '"3"' }, { year: 2021 });
  expect(changed.response.headers.get('etag')).toBe('"4"');
  const history = await send('GET', '/cars/1/history');
  expect(history.body).toMatchObject([{ version: 4 }, { version: 3 }, { version: 2 }, { version: 1 }]);
  // The old commit gave 4 to a car that it deleted.
  const created = await send('POST', '/cars', {}, { brand: 'Seat', model: 'Ibiza', year: 2022 });
  expect(created.body).toMatchObject({ id: 5 });
  const found = await send('GET', '/cars?brand=SEAT');
  expect(found.body).toEqual([created.body]);
  expect((await send('GET', '/readyz')).response.status).toBe(200);
  await service.stop();
});
