/** A temporary folder for the CSV files of one test file. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function createCsvFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'cars-api-csv-'));
  let files = 0;
  return {
    path: folder,
    /** Writes a new file and returns its path. */
    async write(content: string | Buffer): Promise<string> {
      files += 1;
      const path = join(folder, `${files}.csv`);
      await writeFile(path, content);
      return path;
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

export type CsvFolder = Awaited<ReturnType<typeof createCsvFolder>>;

/** Returns a CSV text with `rows` cars of one brand. */
export function csvOf(brand: string, rows: number): string {
  const lines = Array.from({ length: rows }, (_, index) => `${brand},Model ${index},2018\n`);
  return `brand,model,year\n${lines.join('')}`;
}
