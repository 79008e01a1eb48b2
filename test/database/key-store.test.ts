/** The contract of the port `KeyStore`, on both engines. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiKey } from '../../src/callers/api-key.ts';
import type { Database } from '../../src/database/database.ts';
import { aKey as aKeyWithText } from '../support/give-key.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestDatabase, createTestFile, type TestDatabase } from '../support/test-database.ts';

/** Without the text, which no database is told. */
function aKey(fields: Partial<ApiKey> = {}): ApiKey {
  const { text: _, ...key } = aKeyWithText(fields);
  return key;
}

const NOW = Math.floor(Date.now() / 1000);

describe.each([
  { engine: 'SQLite', create: async () => createTestFile() },
  { engine: 'MySQL', create: () => createTestDatabase() },
])('the API keys in $engine', ({ create }) => {
  let storage: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    storage = await create();
    database = await openStarted(storage.url);
  });
  afterEach(async () => {
    await database.close();
    await storage.drop();
  });

  it('are none in a new database', async () => {
    expect(await database.keys.list()).toEqual([]);
  });

  it('are listed as they were added, oldest first', async () => {
    const first = aKey({ createdAt: NOW - 10, scopes: ['cars:read'] });
    const second = aKey({ name: 'A.b_c-1', scopes: ['admin', 'cars:write'] });
    const third = aKey({ createdAt: NOW + 10, expiresAt: 4_000_000_000, scopes: [] });
    for (const key of [third, first, second]) expect(await database.keys.add(key)).toBe('added');
    expect(await database.keys.list()).toEqual([first, second, third]);
  });

  it('have unique, case-sensitive names, which revoking frees', async () => {
    const { keys } = database;
    expect(await keys.add(aKey({ name: 'ann' }))).toBe('added');
    expect(await keys.add(aKey({ name: 'ann' }))).toBe('name-taken');
    expect(await keys.add(aKey({ name: 'Ann' }))).toBe('added');
    expect(await keys.revoke('ann', NOW)).toBe(true);
    expect(await keys.add(aKey({ name: 'ann' }))).toBe('added');
    expect((await keys.list()).map(({ name }) => name).sort()).toEqual(['Ann', 'ann', 'ann']);
  });

  it('free their names when they expire', async () => {
    const { keys } = database;
    await keys.add(aKey({ name: 'ann', createdAt: NOW - 100, expiresAt: NOW }));
    expect(await keys.add(aKey({ name: 'ann', createdAt: NOW - 1 }))).toBe('name-taken');
    expect(await keys.add(aKey({ name: 'ann', createdAt: NOW }))).toBe('added');
  });

  it('have unique ids, even after they are revoked', async () => {
    const { keys } = database;
    const key = aKey({ name: 'ann' });
    await keys.add(key);
    expect(await keys.add({ ...key, name: 'bob' })).toBe('id-taken');
    await keys.revoke('ann', NOW);
    expect(await keys.add(key)).toBe('id-taken');
  });

  it('are revoked once, by name or id, and stay on the list', async () => {
    const { keys } = database;
    const [ann, bob] = [aKey({ name: 'ann', createdAt: NOW - 1 }), aKey({ name: 'bob' })];
    for (const key of [ann, bob]) await keys.add(key);
    expect(await keys.revoke('ann', NOW + 1)).toBe(true);
    expect(await keys.revoke(bob.id, NOW + 2)).toBe(true);
    for (const again of ['ann', ann.id, bob.id, 'nobody', '']) {
      expect(await keys.revoke(again, NOW + 3)).toBe(false);
    }
    expect(await keys.list()).toEqual([
      { ...ann, revokedAt: NOW + 1 },
      { ...bob, revokedAt: NOW + 2 },
    ]);
  });

  it('give a name to exactly one of many concurrent requests for it', async () => {
    const wishes = Array.from({ length: 8 }, () => database.keys.add(aKey({ name: 'ann' })));
    const outcomes = await Promise.all(wishes);
    expect(outcomes.filter((outcome) => outcome === 'added')).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(['added', 'name-taken']));
    expect(await database.keys.list()).toHaveLength(1);
  });

  it('ignore scopes that this release does not know', async () => {
    const key = aKey({ scopes: ['cars:read'] });
    await database.keys.add(key);
    await storage.query("UPDATE api_keys SET scopes = 'cars:paint cars:read'");
    expect(await database.keys.list()).toEqual([key]);
  });
});
