/** What the documents say of the program is what it does. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXIT } from '../command/exit-codes.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

it('documents every exit code, and no other', () => {
  const [, table = ''] = read('docs/deploying.md').split('## Exit codes');
  const documented = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(documented).toEqual(Object.values(EXIT).toSorted((a, b) => a - b));
});

it('names only pages and sections that are there', () => {
  const sources = execFileSync('git', ['ls-files', 'infra/*.ts', 'infra/*.sh'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const named = sources
    .split('\n')
    .filter((path) => path !== '' && !path.includes('/test/'))
    .flatMap((path) => [...read(path).matchAll(/docs\/[\w/-]+\.md(?:#[\w-]+)?/g)].map(([link]) => link));
  expect(named.length).toBeGreaterThan(5);
  for (const link of new Set(named)) {
    const [page = '', section] = link.split('#');
    const headings = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    if (section !== undefined) expect(headings, link).toContain(section);
  }
});
