/** The command `inspect`. */

import { cpSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import { ENGINES, makeDatabase } from './databases.ts';
import { runProgram, startService } from './start-service.ts';
import { makeFolder } from './temporary-folder.ts';

const ROOT = join(import.meta.dirname, '../..');

describe.each(ENGINES)('on %s', (engine) => {
  const names = readdirSync(join(ROOT, 'migrations', engine.toLowerCase()))
    .sort()
    .map((file) => file.replace('.sql', ''));

  it('reports an empty database, and does not change it', async () => {
    const { url } = await makeDatabase(engine);
    for (const _ of [1, 2]) {
      const { code, stdout } = await runProgram('commands/inspect.ts', { DATABASE_URL: url });
      expect({ code, stdout: JSON.parse(stdout) }).toEqual({
        code: 0,
        stdout: { migrations: [], cars: null },
      });
    }
  });

  it('reports the applied migrations and the number of cars', async () => {
    const database = await makeDatabase(engine);
    const service = await startService({ DATABASE_URL: database.url });
    for (const model of ['Ibiza', 'Leon']) {
      await fetchWithRetries(`${service.url}/cars`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ brand: 'Seat', model, year: 2001 }),
      });
    }
    await service.stop();
    const { stdout } = await runProgram('commands/inspect.ts', { DATABASE_URL: database.url });
    const { migrations, cars } = JSON.parse(stdout);
    expect(cars).toBe(2);
    expect(migrations).toEqual(
      names.map((name, index) => ({ name, version: index + 1, oldestCompatible: 1, finished: true })),
    );
  });

  it('reports the migrations of a schema that it cannot use', async () => {
    const folder = makeFolder();
    for (const part of ['src', 'migrations', 'package.json']) {
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
    const version = names.length + 1;
    const name = `000${version}-break`;
    const sql = `-- Breaks.\n-- oldest-compatible: ${version}\nCREATE TABLE broken (id INTEGER);\n`;
    writeFileSync(join(folder, 'migrations', engine.toLowerCase(), `${name}.sql`), sql);
    const { url } = await makeDatabase(engine);
    await runProgram('commands/migrate.ts', { DATABASE_URL: url }, { source: join(folder, 'src') });

    const { code, stdout } = await runProgram('commands/inspect.ts', { DATABASE_URL: url });
    const { migrations, cars } = JSON.parse(stdout);
    expect({ code, cars }).toEqual({ code: 0, cars: null });
    expect(migrations.at(-1)).toEqual({ version, name, oldestCompatible: version, finished: true });
  });
});

it('exits with 1 and prints the reason when the database is unavailable', async () => {
  const { code, stdout, stderr } = await runProgram('commands/inspect.ts', {
    DATABASE_URL: 'mysql://root@127.0.0.1:1/x',
  });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('ECONNREFUSED');
});
