/** What opening a database does to its schema, on each engine: migrate, wait, or fail. */

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { MigrationFailedError, readMigrations, SchemaRefusedError } from '../../src/database/migrations.ts';
import { aCar, aRequest, outcomeOf } from '../support/cars.ts';
import { migrationFile, migrationFolder } from '../support/migration-folder.ts';
import { openWithMigrations } from '../support/open-with-migrations.ts';
import { startOpener } from '../support/opener-process.ts';
import { createTestDatabase, createTestFile, type TestDatabase } from '../support/test-database.ts';

const MIGRATIONS = join(import.meta.dirname, '../../migrations');
const FIRST = { '0001-first.sql': migrationFile('CREATE TABLE first (id INT);') };

describe.each([
  ['SQLite', 'sqlite', async () => createTestFile()],
  ['MySQL', 'mysql', () => createTestDatabase()],
] as const)('the schema of %s', (_, engine, create) => {
  const ownMigrations = join(MIGRATIONS, engine);
  let created: TestDatabase;
  beforeEach(async () => {
    created = await create();
  });
  afterEach(() => created.drop());

  function open(folder: string, mayMigrate?: boolean): Database {
    const database = openWithMigrations(created.url, folder, mayMigrate);
    onTestFinished(() => database.close());
    return database;
  }

  async function migrateWith(files: Readonly<Record<string, string>>): Promise<void> {
    const database = openWithMigrations(created.url, migrationFolder(files));
    await database.start().finally(() => database.close());
  }

  it('is created once by ten processes that start together', async () => {
    const openers = await Promise.all(Array.from({ length: 10 }, () => startOpener(created.url)));
    for (const opener of openers) opener.go();
    for (const opener of openers) {
      const { exitCode, output } = await opener.ended;
      expect(exitCode, output).toBe(0);
    }
    const ledger = await created.query('SELECT name FROM schema_migrations ORDER BY version');
    expect(ledger.map((row) => row['name'])).toEqual(
      readMigrations(ownMigrations, engine).map(({ name }) => name),
    );
  });

  it('is checked once at a time, however many ask', async () => {
    const database = open(ownMigrations);
    await database.start();
    const first = database.ensureSchema();
    expect(database.ensureSchema()).toBe(first);
    await first;
    const later = database.ensureSchema();
    expect(later).not.toBe(first);
    await later;
  });

  it('is checked before any request is answered', async () => {
    const database = open(ownMigrations);
    const { cars, keys } = database;
    expect(await outcomeOf(cars.get(aRequest(), 1))).toBe('unavailable');
    expect(await outcomeOf(keys.list())).toBe('unavailable');
    expect(await outcomeOf(database.checkReady())).toBe('unavailable');
    await database.start();
    expect(await cars.create(aRequest(), aCar())).toMatchObject({ car: { id: 1 } });
    expect(await keys.list()).toEqual([]);
    expect(await database.checkReady()).toBeUndefined();
  });

  it('is created once if `ensureSchema` is called twice at once, and again later', async () => {
    const database = open(ownMigrations);
    await Promise.all([database.ensureSchema(), database.ensureSchema(), database.start()]);
    await database.ensureSchema();
    expect(await database.cars.count(aRequest(), {})).toBe(0);
  });

  it('is awaited by a process that may not migrate, until another process has migrated', async () => {
    const database = open(ownMigrations, false);
    let started = false;
    const starting = database.start().then(() => {
      started = true;
    });
    expect(await outcomeOf(database.ensureSchema())).toBe('unavailable');
    expect(await outcomeOf(database.checkReady())).toBe('unavailable');
    expect(await outcomeOf(database.cars.count(aRequest(), {}))).toBe('unavailable');
    expect(started).toBe(false);
    const opener = await startOpener(created.url);
    opener.go();
    expect(await opener.ended).toMatchObject({ exitCode: 0 });
    await starting;
    expect(await database.cars.create(aRequest(), aCar())).toMatchObject({ car: { id: 1 } });
  });

  it('fails on every attempt if a foreign table `cars` exists, and leaves its rows alone', async () => {
    await created.query('CREATE TABLE cars (plate CHAR(9))');
    await created.query("INSERT INTO cars VALUES ('B-AB 1234')");
    for (const _ of ['first', 'second', 'third']) {
      const database = open(ownMigrations);
      const failure = await database.start().then(String, (error: unknown) => error);
      expect(failure).toBeInstanceOf(MigrationFailedError);
      expect(String(failure)).toContain('0001-create-cars');
      expect(await outcomeOf(database.cars.count(aRequest(), {}))).toBe('unavailable');
    }
    expect(await created.query('SELECT plate FROM cars')).toEqual([{ plate: 'B-AB 1234' }]);
  });

  it('is migrated after a migration that failed was corrected', async () => {
    const wrong = { ...FIRST, '0002-second.sql': migrationFile('CREATE TABLE first (id INT);', 2) };
    await expect(migrateWith(wrong)).rejects.toThrow(/^migration 0002-second failed: .*first/);
    // The release before, started again meanwhile.
    await migrateWith(FIRST);
    await migrateWith({ ...FIRST, '0002-second.sql': migrationFile('CREATE TABLE second (id INT);', 2) });
    expect(await created.query('SELECT * FROM second')).toEqual([]);
  });

  it('may have versions without work on this engine', async () => {
    const empty = { ...FIRST, '0002-nothing-here.sql': migrationFile('', 1) };
    await migrateWith(empty);
    await migrateWith(empty);
    const ledger = await created.query('SELECT name FROM schema_migrations ORDER BY version');
    expect(ledger.map((row) => row['name'])).toEqual(['0001-first', '0002-nothing-here']);
  });

  it('is rejected if an applied migration was altered', async () => {
    await migrateWith(FIRST);
    const altered = { '0001-first.sql': migrationFile('CREATE TABLE first (id BIGINT);') };
    await expect(migrateWith(altered)).rejects.toThrow(SchemaRefusedError);
    await expect(migrateWith(altered)).rejects.toThrow('0001-first');
  });

  it('is rejected if it is too new for this service, even if the service may not migrate', async () => {
    await migrateWith({ ...FIRST, '0002-second.sql': migrationFile('DROP TABLE first;', 2) });
    for (const mayMigrate of [true, false]) {
      const database = open(migrationFolder(FIRST), mayMigrate);
      await expect(database.start()).rejects.toThrow(SchemaRefusedError);
      await expect(database.ensureSchema()).rejects.toThrow('0002-second');
      expect(await outcomeOf(database.cars.count(aRequest(), {}))).toBe('unavailable');
    }
  });

  it('may be newer if the newer migrations allow this service', async () => {
    await migrateWith({ ...FIRST, '0002-second.sql': migrationFile('CREATE TABLE second (id INT);', 1) });
    const database = open(migrationFolder(FIRST), false);
    await database.start();
    expect(await database.ensureSchema()).toBeUndefined();
  });

  it('is no longer awaited after the database was closed', async () => {
    const database = openWithMigrations(created.url, ownMigrations, false);
    const starting = database.start();
    await database.close();
    expect(await starting).toBeUndefined();
    expect(await outcomeOf(database.cars.count(aRequest(), {}))).toBe('unavailable');
  });
});
