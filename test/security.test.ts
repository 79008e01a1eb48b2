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

it.each([
  ...['no credential', 'alg: none', 'key confusion', 'brute force', 'a stolen key', 'another service'],
  ...['smuggling', 'SQL', 'prototypes', 'without end', 'more than can be served', 'more than is fair'],
])('has a row about %s', (threat) => {
  expect(rows.filter((row) => row.threat.includes(threat))).toHaveLength(1);
});

it.each(rows)('names tests that are there: $threat', ({ tests }) => {
  const named = tests.split(/; (?=`)/).map((test) => /^`([\w/.-]+\.ts)`((?:,? "[^"]+")*)$/.exec(test));
  for (const [index, match] of named.entries()) {
    const [, file = '', titles = ''] = match ?? [];
    expect(existsSync(file), tests.split(/; (?=`)/)[index]).toBe(true);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^ *it(\.each|\()/m);
    for (const [, title = ''] of titles.matchAll(/"([^"]+)"/g)) {
      const isThere = ["'", '"', '`'].some((quote) => text.includes(quote + title + quote));
      expect(isThere, `${file} has a test "${title}"`).toBe(true);
    }
  }
});
