/** The threat model in SECURITY.md names tests that are there, for every boundary and every kind of threat. */

import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const rows = [...readFileSync('SECURITY.md', 'utf8').matchAll(/^\| (?!boundary|---)(.+) \|$/gm)].map(
  ([, row = '']) => {
    const [boundary = '', threat = '', , tests = ''] = row.split(' | ');
    return { boundary, threat, tests };
  },
);

it('has rows for each boundary, and for each kind of threat', () => {
  const boundaries = [
    'internet → load balancer',
    'load balancer → task',
    'task → database',
    'operator → AWS',
    'pipeline → AWS',
  ];
  expect([...new Set(rows.map(({ boundary }) => boundary))]).toEqual(boundaries);
  const threats = rows.map(({ threat }) => threat).join('\n');
  for (const kind of [
    'spoofing',
    'tampering',
    'repudiation',
    'information disclosure',
    'denial of service',
    'elevation of privilege',
  ]) {
    expect(threats).toContain(kind);
  }
});

it.each(rows)('names tests that are there: $threat', ({ tests }) => {
  const named = [...tests.matchAll(/`([\w/.-]+\.ts)`(?: "([^"]+)")?/g)];
  expect(named.length).toBeGreaterThan(0);
  for (const [, file = '', title] of named) {
    expect(existsSync(file), file).toBe(true);
    if (title !== undefined) expect(readFileSync(file, 'utf8')).toContain(title);
  }
});
