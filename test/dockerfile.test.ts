/** What the Dockerfile says is so, as far as it can be told without building it. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readMigrations } from '../src/database/migrations.ts';

const dockerfile = readFileSync('Dockerfile', 'utf8');
const argument = (name: string) => new RegExp(`^ARG ${name}=(\\d+)$`, 'm').exec(dockerfile)?.[1];

it.each(['mysql', 'sqlite'])(
  'a plain docker build labels the image with the newest migration of %s',
  (engine) => {
    const newest = Number(readdirSync(`migrations/${engine}`).sort().at(-1)?.slice(0, 4));
    expect(argument('SCHEMA_VERSION')).toBe(String(newest));
  },
);

it.each(['mysql', 'sqlite'] as const)(
  'a plain docker build labels the image with the oldest code that works once the migrations of %s are applied',
  (engine) => {
    const oldest = readMigrations(`migrations/${engine}`, engine).map(
      ({ oldestCompatible }) => oldestCompatible,
    );
    expect(argument('OLDEST_COMPATIBLE')).toBe(String(Math.max(...oldest)));
  },
);

it('a build that is told other numbers fails, and says which are right', () => {
  const [, check = ''] = /^RUN (for engine in (?:.*\\\n)+.*done)$/m.exec(dockerfile) ?? [];
  const [schema = '', oldest = ''] = [argument('SCHEMA_VERSION'), argument('OLDEST_COMPATIBLE')];
  const build = (SCHEMA_VERSION: string, OLDEST_COMPATIBLE: string) => {
    const { status, stderr } = spawnSync('sh', ['-c', check.replaceAll('\\\n', '')], {
      env: { PATH: process.env['PATH'], SCHEMA_VERSION, OLDEST_COMPATIBLE },
      encoding: 'utf8',
    });
    return [status, stderr];
  };
  expect(check).not.toBe('');
  expect(build(schema, oldest)).toEqual([0, '']);
  expect(build(`${schema}0`, oldest)).toEqual([
    1,
    `SCHEMA_VERSION is ${schema}0, and the newest file in migrations/mysql is ${schema}\n`,
  ]);
  expect(build(schema, `${oldest}0`)).toEqual([
    1,
    `OLDEST_COMPATIBLE is ${oldest}0, and the files in migrations/mysql need ${oldest}\n`,
  ]);
});
