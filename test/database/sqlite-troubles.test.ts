/** SQLite with a full disk, a locked file, or a file that cannot be opened. */
// Proves: full-disk

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CarError } from '../../src/cars/car-error.ts';
import { parseConfig } from '../../src/config/config.ts';
import { openDatabase } from '../../src/database/open-database.ts';
import { createCarStore } from '../../src/database/sqlite/car-store.ts';
import { openConnection, readTransaction } from '../../src/database/sqlite/connection.ts';
import { toCarError } from '../../src/database/sqlite/errors.ts';
import { createKeyStore } from '../../src/database/sqlite/key-store.ts';
import { createLog } from '../../src/observability/log.ts';
import { aCar, aRequest, manyCars, outcomeOf, outcomesOf } from '../support/cars.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestFile, type TestDatabase } from '../support/test-database.ts';

let file: TestDatabase;
const path = () => file.url.replace('sqlite:', '');

beforeEach(() => {
  file = createTestFile();
});
afterEach(() => file.drop());

describe('an embedded database', () => {
  it('rejects writes with `storage-full` while its disk is full, keeps its data, and accepts writes again afterwards', async () => {
    await (await openStarted(file.url)).close();
    const connection = openConnection(path());
    const cars = createCarStore(connection, true);
    const { car } = await cars.create(aRequest(), aCar());
    // SQLite gives this limit the same error as a full disk.
    connection.exec('PRAGMA max_page_count = 1');
    const wide = manyCars(200).map((fields) => ({ ...fields, model: fields.model.repeat(50) }));
    const outcomes = await outcomesOf(wide.map((fields) => cars.create(aRequest(), fields)));
    expect(new Set(outcomes)).toEqual(new Set(['storage-full']));
    expect(await cars.get(aRequest(), car.id)).toEqual(car);
    expect(await cars.update(aRequest(), car.id, { year: 1990 })).toMatchObject({ year: 1990, version: 2 });
    connection.exec('PRAGMA max_page_count = 4294967294');
    await Promise.all(wide.map((fields) => cars.create(aRequest(), fields)));
    expect(await cars.count(aRequest(), {})).toBe(201);
    connection.close();
  });

  it('rejects changes, but not reads, while another process holds its lock', async () => {
    const database = await openStarted(file.url);
    await database.cars.create(aRequest(), aCar());
    const other = new DatabaseSync(path());
    other.exec('BEGIN IMMEDIATE');
    expect(await outcomeOf(database.cars.create(aRequest(), aCar()))).toBe('unavailable');
    expect(await database.cars.get(aRequest(), 1)).toMatchObject({ id: 1 });
    other.exec('COMMIT');
    other.close();
    expect(await database.cars.create(aRequest(), aCar())).toMatchObject({ car: { id: 2 } });
    await database.close();
  });

  it('keeps everything after it is reopened, and reuses no id', async () => {
    const first = await openStarted(file.url);
    const { car } = await first.cars.create(aRequest(), aCar(), { caller: '', key: 'k' });
    await first.cars.create(aRequest(), aCar());
    await first.cars.delete(aRequest(), 2);
    await first.close();
    const second = await openStarted(file.url);
    expect(await second.cars.get(aRequest(), 1)).toEqual(car);
    expect(await second.cars.create(aRequest(), aCar(), { caller: '', key: 'k' })).toEqual({
      car,
      replayed: true,
    });
    expect(await second.cars.create(aRequest(), aCar())).toMatchObject({ car: { id: 3 } });
    await second.close();
  });

  it('does not say that nothing was applied if the flush of a commit fails', async () => {
    const path = file.url.replace('sqlite:', '');
    await (await openStarted(file.url)).close();
    using connection = openConnection(path);
    const cars = createCarStore(connection, true);
    const keys = createKeyStore(connection);
    const exec = connection.exec.bind(connection);
    vi.spyOn(connection, 'exec').mockImplementation((sql) => {
      // IOERR_FSYNC, after which SQLite has rolled back by itself.
      if (sql === 'COMMIT') exec('ROLLBACK');
      if (sql === 'COMMIT') throw Object.assign(new Error('disk I/O error'), { errcode: 1034 });
      exec(sql);
    });
    expect(await outcomeOf(cars.create(aRequest(), aCar(), { caller: '', key: 'k' }))).toBe(
      'outcome-unknown',
    );
    expect(await outcomeOf(cars.createMany(aRequest(), manyCars(2), undefined))).toBe('outcome-unknown');
    expect(await outcomeOf(keys.revoke('reader', Date.now()))).toBe('outcome-unknown');
    vi.restoreAllMocks();
    expect(await cars.create(aRequest(), aCar(), { caller: '', key: 'k' })).toMatchObject({
      replayed: false,
    });
  });

  it('is created with its folder', async () => {
    const database = await openStarted(`sqlite:${join(path(), '../some/new/folder/cars.db')}`);
    expect(await database.cars.create(aRequest(), aCar())).toMatchObject({ car: { id: 1 } });
    await database.close();
  });

  it('fails to open if its file is not an SQLite database', async () => {
    writeFileSync(path(), 'a diary, and rather a long one, so that it cannot be taken for an empty file');
    const { database } = parseConfig({ DATABASE_URL: file.url });
    await expect(openDatabase(database, createLog('silent'))).rejects.toThrow('not a database');
  });
});

it('a transaction that SQLite has ended by itself fails with the error that ended it', () => {
  using connection = openConnection(':memory:');
  const fail = () => {
    connection.exec('ROLLBACK');
    throw new Error('a failed read');
  };
  expect(() => readTransaction(connection, fail)).toThrow('a failed read');
  expect(readTransaction(connection, () => 'the next one')).toBe('the next one');
});

describe('an error of SQLite', () => {
  const sqliteError = (errcode: number) => Object.assign(new Error('said SQLite'), { errcode });

  it.each([
    ['busy', 5],
    ['busy with a snapshot', 517],
    ['locked', 6],
    ['read-only', 8],
    ['a failed read', 266],
    ['cannot be opened', 14],
  ])('%s (%i) becomes `unavailable`', (_, errcode) => {
    expect(toCarError(sqliteError(errcode))).toMatchObject({ code: 'unavailable' });
  });

  it('FULL becomes `storage-full`', () => {
    expect(toCarError(sqliteError(13))).toMatchObject({ code: 'storage-full' });
  });

  it.each([1, 11, 19, 26, 2067])('with the code %i is an internal error', (errcode) => {
    const error = sqliteError(errcode);
    expect(toCarError(error)).toBe(error);
  });

  it('that is a CarError already is returned as it is; anything that is not an error becomes one', () => {
    const error = new CarError('car-not-found');
    expect(toCarError(error)).toBe(error);
    expect(toCarError('oops')).toEqual(new Error('oops'));
  });
});
