/** The loader and the export against the real service on MySQL. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../process/start-service.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { type CsvFolder, createCsvFolder, csvOf } from './csv-folder.ts';
import { runLoad, startLoad } from './run-load.ts';
import { type RunningService, runService } from './running-service.ts';

const ROWS = 20_000;

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let service: RunningService;
let csv: CsvFolder;

beforeAll(async () => {
  [database, csv] = await Promise.all([createTestDatabase(), createCsvFolder()]);
  service = await runService(database.url);
});
afterAll(async () => {
  await service.stop();
  await Promise.all([database.drop(), csv.remove()]);
});

it('creates every car once, although the service is killed and the run is interrupted', async () => {
  const file = await csv.write(csvOf('MySQL', ROWS));
  const interrupted = startLoad([file, '--url', service.url, '--concurrency', '1']);
  await until('the first cars exist', async () => (await service.count('MySQL')) > 0);
  await service.killAndRestart();
  interrupted.process.kill('SIGKILL');
  await interrupted.finished;

  expect(await runLoad(file, '--url', service.url)).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await service.count('MySQL')).toBe(ROWS);
  expect((await runLoad(file, '--url', service.url)).summary).toMatchObject({
    created: 0,
    'already there': ROWS,
  });

  const program = join(import.meta.dirname, '../../scripts/export.ts');
  const { stdout } = spawn(process.execPath, [program, '--url', service.url], { env: {}, stdio: 'pipe' });
  const lines = (await text(stdout)).trimEnd().split('\r\n').slice(1);
  const cars = lines.map((line) => line.slice(line.indexOf(',') + 1));
  expect(new Set(cars).size).toBe(ROWS);
  expect(`brand,model,year\n${cars.sort().join('\n')}\n`).toBe(
    `brand,model,year\n${csvOf('MySQL', ROWS).trimEnd().split('\n').slice(1).sort().join('\n')}\n`,
  );
});
