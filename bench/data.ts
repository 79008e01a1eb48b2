/** Reads the cars of the EPA, repeated up to a number of rows, and fills tables with them. */

import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { createConnection } from 'mysql2/promise';
import { createCarsClient } from '../client/src/index.ts';

export type CarFields = readonly [brand: string, model: string, year: number];

/** A plain table with the indexes that the peers' queries need. */
const PEER_TABLE = `CREATE TABLE cars (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  brand VARCHAR(100) NOT NULL,
  model VARCHAR(100) NOT NULL,
  year SMALLINT UNSIGNED NOT NULL,
  INDEX (brand, year)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4`;

export async function readCars(rows: number): Promise<CarFields[]> {
  const file = createReadStream(join(import.meta.dirname, 'data/epa-cars.csv.gz'));
  const cars: CarFields[] = [];
  for await (const [brand, model, year] of file.pipe(createGunzip()).pipe(parse({ from: 2 }))) {
    cars.push([brand, model, Number(year)]);
  }
  return Array.from({ length: rows }, (_, index) => cars[index % cars.length] as CarFields);
}

/** Creates the plain table and fills it. */
export async function fillPlainTable(url: string, cars: readonly CarFields[]): Promise<void> {
  const connection = await createConnection(url);
  try {
    await connection.query(PEER_TABLE);
    for (let from = 0; from < cars.length; from += 1000) {
      await connection.query('INSERT INTO cars (brand, model, year) VALUES ?', [
        cars.slice(from, from + 1000),
      ]);
    }
  } finally {
    await connection.end();
  }
}

/** The same table in a file of SQLite. */
export async function fillPlainFile(file: string, cars: readonly CarFields[]): Promise<void> {
  const connection = new DatabaseSync(file);
  connection.exec(`PRAGMA journal_mode = WAL; BEGIN;
    CREATE TABLE cars (id INTEGER PRIMARY KEY, brand TEXT NOT NULL, model TEXT NOT NULL, year INTEGER NOT NULL) STRICT;
    CREATE INDEX cars_by_brand_and_year ON cars (brand, year)`);
  const insert = connection.prepare('INSERT INTO cars (brand, model, year) VALUES (?, ?, ?)');
  for (const car of cars) insert.run(...car);
  connection.exec('COMMIT');
  connection.close();
}

/** Fills a service through its API. */
export async function fillThroughApi(url: string, cars: readonly CarFields[]): Promise<void> {
  const rows = cars.values().map(([brand, model, year]) => ({ brand, model, year }));
  let created = 0;
  for await (const report of createCarsClient({ url }).createMany(rows)) created += report.created;
  if (created !== cars.length) throw new Error(`only ${created} of ${cars.length} cars were created`);
}
