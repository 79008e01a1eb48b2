/** What the documents say of the program is what it does. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ENVIRONMENTS } from '../../platform/environments.ts';
import { EXIT } from '../../program/core/exit-codes.ts';
import { costsOf, knownSum } from '../../program/setup/cost.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

it('documents every exit code, and no other', () => {
  const [, table = ''] = read('docs/deploy/aws.md').split('## Exit codes');
  const documented = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(documented).toEqual(Object.values(EXIT).toSorted((a, b) => a - b));
});

it('says in environments.ts what an environment costs, as plan does', () => {
  const said = /production (\d+\.\d\d) US dollars, staging (\d+\.\d\d),/.exec(
    read('infra/platform/environments.ts'),
  );
  const known = [ENVIRONMENTS.production, ENVIRONMENTS.staging].map((environment) =>
    knownSum(costsOf(environment)).toFixed(2),
  );
  expect(said?.slice(1)).toEqual(known);
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
