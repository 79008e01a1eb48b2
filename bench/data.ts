/**
 * Fills both databases of the benchmark with the cars of the EPA, repeated up to the number of
 * rows.
 */

import { createReadStream } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { createConnection } from 'mysql2/promise';

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

/** Creates the peers' table and fills it. */
export async function fillPeers(url: string, cars: readonly CarFields[]): Promise<void> {
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

/** Fills this service's database through its API. */
export async function fillOurs(url: string, cars: readonly CarFields[]): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const left = cars.values();
  const worker = async () => {
    for (const [brand, model, year] of left)
      await post(agent, `${url}/cars`, JSON.stringify({ brand, model, year }));
  };
  await Promise.all(Array.from({ length: 64 }, worker));
  agent.destroy();
}

function post(agent: Agent, url: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 201) resolve();
        else reject(new Error(`POST /cars answered ${response.statusCode}`));
      });
    })
      .on('error', reject)
      .end(body);
  });
}
