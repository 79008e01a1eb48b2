/** The index of the most used filter holds all that a list shows, so that a page is read from it alone. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LISTED_COLUMNS } from '../../src/database/list-sql.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestDatabase } from '../support/test-database.ts';

const QUERY = `SELECT ${LISTED_COLUMNS} FROM cars WHERE brand_key = 'x' ORDER BY year, id LIMIT 10`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cars-api-covering-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('covers a list by brand and year in SQLite', async () => {
  const path = join(folder, 'cars.db');
  await (await openStarted(`sqlite:${path}`)).close();
  using connection = new DatabaseSync(path);
  const [step] = connection.prepare(`EXPLAIN QUERY PLAN ${QUERY}`).all();
  expect(step?.['detail']).toContain('USING COVERING INDEX cars_by_brand_and_year');
});

it('covers a list by brand and year in MySQL', async () => {
  const database = await createTestDatabase();
  try {
    await (await openStarted(database.url)).close();
    const plan = JSON.stringify(await database.query(`EXPLAIN ${QUERY}`));
    expect(plan).toContain('cars_by_brand_and_year');
    // As a table, and as the tree that MySQL 9 prints.
    expect(plan).toMatch(/Using index|Covering index lookup/);
  } finally {
    await database.drop();
  }
});
