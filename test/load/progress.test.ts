/** The progress bar, the backoff, and the parsing of Retry-After. */

import { expect, it } from 'vitest';
import { waitMs } from '../../scripts/load/deliver.ts';
import { formatBar } from '../../scripts/load/progress.ts';
import { parseRetryAfter } from '../../scripts/load/verdict.ts';

const tally = { rows: 1000, created: 0, alreadyThere: 0, rejected: 0 };

it('shows rows, cars per second and the time left', () => {
  expect(formatBar({ ...tally, created: 240, rejected: 10 }, 2)).toBe(
    '[#####---------------]  25%  250 of 1000 rows  120 cars/s  6 s left',
  );
  expect(formatBar(tally, 1)).toBe('[--------------------]   0%  0 of 1000 rows  0 cars/s');
  expect(formatBar({ ...tally, rows: 360_000, created: 100 }, 2)).toContain('  2 h 0 min left');
  expect(formatBar({ ...tally, rows: 0 }, 0)).toContain('100%');
});

it('waits longer after each failure, up to five seconds, with jitter', () => {
  for (const [attempt, longest] of [100, 200, 400, 800, 1600, 3200, 5000, 5000].entries()) {
    const waits = Array.from({ length: 50 }, () => waitMs(attempt, undefined));
    expect(Math.max(...waits)).toBeLessThanOrEqual(longest);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(longest / 2);
    expect(new Set(waits).size).toBeGreaterThan(1);
  }
  expect(waitMs(9, 2000)).toBeGreaterThanOrEqual(2000);
});

it('parses Retry-After as seconds or as a date', () => {
  const now = Date.parse('2026-07-28T12:00:00Z');
  expect(parseRetryAfter('3', now)).toBe(3000);
  expect(parseRetryAfter('Tue, 28 Jul 2026 12:00:05 GMT', now)).toBe(5000);
  expect(parseRetryAfter('Tue, 28 Jul 2026 11:00:00 GMT', now)).toBe(0);
  expect(parseRetryAfter('soon', now)).toBeUndefined();
  expect(parseRetryAfter(undefined, now)).toBeUndefined();
});
