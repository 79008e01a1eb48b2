/** Each promise of docs/run/reliability.md names a test that is there, and each fault that is made to happen is named. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const page = readFileSync(join(ROOT, 'docs/run/reliability.md'), 'utf8');
const promises = page.slice(0, page.indexOf('## Figures')).match(/^\| (?!promise|---).*$/gm) ?? [];
const testsOf = (text: string) =>
  [...text.matchAll(/`(test\/[\w/.-]+\.test\.ts)`/g)].map(([, file = '']) => file);

it('names for each promise tests that are there', () => {
  expect(promises.length).toBeGreaterThan(10);
  for (const promise of promises) {
    expect(testsOf(promise), promise).not.toEqual([]);
    for (const file of testsOf(promise)) expect(existsSync(join(ROOT, file)), file).toBe(true);
  }
});

it('names every test that makes a fault happen', () => {
  const faults = readdirSync(join(ROOT, 'test/faults')).filter((file) => file.endsWith('.test.ts'));
  expect(faults.length).toBeGreaterThan(5);
  for (const file of faults) expect(testsOf(page)).toContain(`test/faults/${file}`);
});
