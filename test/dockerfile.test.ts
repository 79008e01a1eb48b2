/** Checks of the Dockerfile that need no build. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readMigrations } from '../src/database/migrations.ts';

const dockerfile = readFileSync('Dockerfile', 'utf8');
const argument = (name: string) => new RegExp(`^ARG ${name}=(\\d+)$`, 'm').exec(dockerfile)?.[1];

it.each(['mysql', 'sqlite'])('the default SCHEMA_VERSION is the newest migration of %s', (engine) => {
  const newest = Number(readdirSync(`migrations/${engine}`).sort().at(-1)?.slice(0, 4));
  expect(argument('SCHEMA_VERSION')).toBe(String(newest));
});

it.each(['mysql', 'sqlite'] as const)(
  'the default OLDEST_COMPATIBLE is the highest in the migrations of %s',
  (engine) => {
    const oldest = readMigrations(`migrations/${engine}`, engine).map(
      ({ oldestCompatible }) => oldestCompatible,
    );
    expect(argument('OLDEST_COMPATIBLE')).toBe(String(Math.max(...oldest)));
  },
);

it('a build with wrong numbers fails, and prints the right ones', () => {
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
