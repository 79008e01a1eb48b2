/** The rules for migration files, and which migrations the ledger leaves pending. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type LedgerEntry,
  type Migration,
  pendingMigrations,
  readMigrations,
  SchemaRefusedError,
} from '../../src/database/migrations.ts';
import { splitStatements } from '../../src/database/sql-statements.ts';
import { migrationFile, migrationFolder } from '../support/migration-folder.ts';

const MIGRATIONS = join(import.meta.dirname, '../../migrations');

describe('a folder of migrations', () => {
  it('is read in order, with the number, name, header and checksum of each file', () => {
    const folder = migrationFolder({
      '0002-second.sql': migrationFile('SELECT 2;', 2),
      '0001-first.sql': migrationFile('SELECT 1;'),
      'README.md': 'not a migration',
    });
    expect(readMigrations(folder, 'sqlite')).toEqual([
      {
        version: 1,
        name: '0001-first',
        oldestCompatible: 1,
        checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
        sql: migrationFile('SELECT 1;'),
      },
      expect.objectContaining({ version: 2, name: '0002-second', oldestCompatible: 2 }),
    ]);
  });

  it.each([
    ['1-short-number.sql'],
    ['0001_under_score.sql'],
    ['0001-Capital.sql'],
    ['0001.sql'],
    ['00001-long-number.sql'],
    ['create-cars.sql'],
    ['0000-zero.sql'],
    ['0002-without-a-first.sql'],
    ['0001-first.sql', '0003-gap.sql'],
    ['0001-first.sql', '0001-twice.sql'],
  ])('is rejected with the files %s %s', (...names) => {
    const folder = migrationFolder(
      Object.fromEntries(names.map((name) => [name, migrationFile('SELECT 1;')])),
    );
    expect(() => readMigrations(folder, 'sqlite')).toThrow(
      `${names.at(-1)}: expected number ${names.length} in its name`,
    );
  });

  it.each([
    ['no header', 'SELECT 1;'],
    ['no number', '-- oldest-compatible: first\nSELECT 1;'],
    ['0', '-- oldest-compatible: 0\nSELECT 1;'],
    ['more than its own number', '-- oldest-compatible: 2\nSELECT 1;'],
    ['a header that is not at the start of a line', 'SELECT 1; -- oldest-compatible: 1'],
  ])('is rejected if a file has %s for the oldest compatible version', (_, content) => {
    const folder = migrationFolder({ '0001-first.sql': content });
    expect(() => readMigrations(folder, 'sqlite')).toThrow(
      '0001-first.sql: expected a line "-- oldest-compatible: N"',
    );
  });

  it('has the same checksums with Linux and Windows line endings', () => {
    const content = migrationFile('SELECT 1;');
    const linux = readMigrations(migrationFolder({ '0001-first.sql': content }), 'mysql');
    const windows = readMigrations(
      migrationFolder({ '0001-first.sql': content.replaceAll('\n', '\r\n') }),
      'mysql',
    );
    expect(windows).toEqual(linux);
  });
});

describe('a folder of MySQL migrations', () => {
  const read = (sql: string) => () => {
    const folder = migrationFolder({ '0001-first.sql': migrationFile(sql) });
    return readMigrations(folder, 'mysql');
  };

  it.each([
    ['one statement', 'CREATE TABLE a (b INT);'],
    ['one without a semicolon', 'CREATE TABLE a (b INT)'],
    ['none', ''],
    ['one with semicolons in strings', `INSERT INTO a VALUES (';', 'it''s;', 'it\\'s;', ";");`],
    ['one with semicolons in names', 'ALTER TABLE `a;b` ADD COLUMN c INT;'],
    ['one with semicolons in comments', 'CREATE TABLE a ( -- b; c\n b INT # d; e\n /* f;\n g; */);\n-- h; i'],
  ])('may have files with %s', (_, sql) => {
    expect(read(sql)).not.toThrow();
  });

  it.each([
    ['CREATE TABLE a (b INT);\nCREATE TABLE c (d INT);'],
    ['CREATE TABLE a (b INT); CREATE TABLE c (d INT)'],
    [`INSERT INTO a VALUES ('\\\\'); INSERT INTO a VALUES ('b');`],
  ])('is rejected if a file has two statements: %s', (sql) => {
    expect(read(sql)).toThrow(
      '0001-first.sql: expected at most one statement, found 2; MySQL needs a migration for each statement',
    );
  });
});

describe("the service's own migrations", () => {
  const ENGINES = ['mysql', 'sqlite'] as const;
  const described = (engine: (typeof ENGINES)[number]) =>
    readMigrations(join(MIGRATIONS, engine), engine).map(({ name, oldestCompatible }) => ({
      name,
      oldestCompatible,
    }));

  it('have the same names and the same oldest compatible version on both engines', () => {
    expect(readdirSync(MIGRATIONS).sort()).toEqual(ENGINES);
    expect(described('mysql').length).toBeGreaterThanOrEqual(5);
    expect(described('sqlite')).toEqual(described('mysql'));
  });
});

/** Whether a statement changes a table and does not forbid the server to block writes meanwhile. */
function mayBlockWrites(sql: string): boolean {
  const isChange = /^\s*(?:ALTER\s+TABLE|CREATE\s+(?:\w+\s+)?INDEX|DROP\s+INDEX)\b/i.test(sql);
  return isChange && !/\bALGORITHM\s*=\s*(?:INSTANT|INPLACE,?\s+LOCK\s*=\s*NONE)\b/i.test(sql);
}

describe('a MySQL migration of an existing table', () => {
  it('forbids the server to block writes', () => {
    const blocking = readMigrations(join(MIGRATIONS, 'mysql'), 'mysql')
      // Released before this rule.
      .filter(({ name }) => name !== '0003-cover-lists-by-brand-and-year')
      .filter(({ sql }) => splitStatements(sql).some(mayBlockWrites));
    expect(blocking.map(({ name }) => name)).toEqual([]);
  });

  it.each([
    ['ALTER TABLE cars ADD COLUMN a INT, ALGORITHM=INSTANT', false],
    ['ALTER TABLE cars\n ADD INDEX i (a), ALGORITHM=INPLACE, LOCK=NONE', false],
    ['CREATE INDEX i ON cars (a) ALGORITHM = INPLACE LOCK = NONE', false],
    ['CREATE TABLE more (id INT)', false],
    ['ALTER TABLE cars ADD COLUMN a INT', true],
    ['ALTER TABLE cars ADD INDEX i (a), ALGORITHM=INPLACE', true],
    ['CREATE UNIQUE INDEX i ON cars (a)', true],
    ['DROP INDEX i ON cars', true],
  ])('is checked: %s', (sql, isBlocking) => {
    expect(mayBlockWrites(sql)).toBe(isBlocking);
  });
});

describe('a ledger', () => {
  const known = [1, 2, 3].map(aMigration);

  it('leaves every migration pending, in order, if it is empty', () => {
    expect(pendingMigrations(known, [])).toEqual(known);
  });

  it('leaves the migrations pending that are missing or unfinished', () => {
    expect(pendingMigrations(known, [anEntry(1)])).toEqual(known.slice(1));
    expect(pendingMigrations(known, [anEntry(1), anEntry(2, { finished: false })])).toEqual(known.slice(1));
    expect(pendingMigrations(known, [anEntry(1), anEntry(2), anEntry(3)])).toEqual([]);
  });

  it('is rejected if an applied or unfinished migration was altered', () => {
    const altered = [
      anEntry(1),
      anEntry(2, { checksum: 'x' }),
      anEntry(3, { checksum: 'y', finished: false }),
    ];
    const call = () => pendingMigrations(known, altered);
    expect(call).toThrow(SchemaRefusedError);
    expect(call).toThrow("differ from this service's files: 0002-name, 0003-name");
  });

  it('is accepted with newer migrations if all of them allow this version', () => {
    const newer = [4, 5].map((version) => anEntry(version, { oldestCompatible: 3 }));
    expect(pendingMigrations(known, [1, 2, 3].map((version) => anEntry(version)).concat(newer))).toEqual([]);
  });

  it('is rejected with a newer migration that does not allow this version, which the message names', () => {
    const ledger = [1, 2, 3].map((version) => anEntry(version));
    const newer = [anEntry(4, { oldestCompatible: 3 }), anEntry(5, { oldestCompatible: 4, finished: false })];
    const call = () => pendingMigrations(known, [...ledger, ...newer]);
    expect(call).toThrow(SchemaRefusedError);
    expect(call).toThrow(/schema version 3\) cannot work with: 0005-name$/);
  });
});

describe('the statements of a text', () => {
  it('are what semicolons separate, without comments', () => {
    const sql =
      "-- one; two;\nCREATE TABLE a (\n  b INT -- why; or how\n);\n\nINSERT INTO a VALUES (';'),\n (1) ;  \n-- end;\n";
    expect(splitStatements(sql)).toEqual([
      expect.stringMatching(/^CREATE TABLE a \(\s+b INT\s+\)$/),
      "INSERT INTO a VALUES (';'),\n (1)",
    ]);
    expect(splitStatements('SELECT 1')).toEqual(['SELECT 1']);
    expect(splitStatements('-- nothing;\n;\n')).toEqual([]);
  });

  it('keep their executable comments', () => {
    expect(splitStatements('SELECT /*+ NO_ICP(a) */ 1 /*!80000 ; */;')).toEqual([
      'SELECT /*+ NO_ICP(a) */ 1 /*!80000 ; */',
    ]);
  });
});

function aMigration(version: number): Migration {
  return {
    version,
    name: `000${version}-name`,
    oldestCompatible: 1,
    checksum: `sum ${version}`,
    sql: 'SELECT 1',
  };
}

function anEntry(version: number, fields: Partial<LedgerEntry> = {}): LedgerEntry {
  const { sql: _, ...entry } = aMigration(version);
  return { ...entry, finished: true, ...fields };
}
