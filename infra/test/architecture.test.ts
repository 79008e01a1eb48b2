/** Who may import whom among what declares the platform, read off the source. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const INFRA = join(import.meta.dirname, '..');

/** Each file's imports of files of its own, by their path below `infra`. */
const imports = new Map(
  readdirSync(INFRA, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/^(node_modules|cdk\.out|test)\//.test(path))
    .map((path) => {
      const text = readFileSync(join(INFRA, path), 'utf8');
      const named = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, file = '']) =>
        relative(INFRA, join(INFRA, dirname(path), file)),
      );
      return [path, named] as const;
    }),
);
const within = (folder: string) => [...imports].filter(([path]) => path.startsWith(folder));
const isData = (path: string) => ['contract.ts', 'environments.ts', 'live.ts', 'timing.ts'].includes(path);

it('has stacks of which none imports another', () => {
  expect(within('stacks/')).toHaveLength(8);
  for (const [path, named] of within('stacks/')) {
    const others = named.filter((file) => !file.startsWith('constructs/') && !isData(file));
    expect(others, path).toEqual([]);
  }
});

it('has constructs that know no stack', () => {
  expect(within('constructs/').length).toBeGreaterThan(4);
  for (const [path, named] of within('constructs/'))
    expect(
      named.filter((file) => !file.startsWith('constructs/') && !isData(file)),
      path,
    ).toEqual([]);
});

it('has environments that are data and nothing else', () => {
  for (const path of ['environments.ts', 'contract.ts', 'timing.ts'])
    expect(imports.get(path), path).toEqual([]);
});

/** A key is made as the service makes one; the file is pure. */
const OF_THE_SERVICE = ['../src/callers/api-key.ts'];

it('declares the platform without the program that works on it, and either without the service', () => {
  for (const [path, named] of imports) {
    const isDeclared = /^(stacks|constructs)\//.test(path) || !path.includes('/');
    if (isDeclared)
      expect(
        named.filter((file) => /^(command|release|setup)\//.test(file)),
        path,
      ).toEqual([]);
    expect(
      named.filter((file) => file.startsWith('../src') && !OF_THE_SERVICE.includes(file)),
      path,
    ).toEqual([]);
  }
});
