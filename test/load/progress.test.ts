/** The progress bar. */

import { expect, it } from 'vitest';
import { formatBar } from '../../scripts/load/progress.ts';

const tally = { rows: 1000, valid: 0, created: 0, alreadyThere: 0, rejected: 0 };

it('shows rows, cars per second and the time left', () => {
  expect(formatBar({ ...tally, created: 240, rejected: 10 }, 2)).toBe(
    '[#####---------------]  25%  250 of 1000 rows  120 cars/s  6 s left',
  );
  expect(formatBar(tally, 1)).toBe('[--------------------]   0%  0 of 1000 rows  0 cars/s');
  expect(formatBar({ ...tally, rows: 360_000, created: 100 }, 2)).toContain('  2 h 0 min left');
  expect(formatBar({ ...tally, rows: 0 }, 0)).toContain('100%');
});
