/** Counts the rows of a run, and formats the summary. */

import type { BatchReport } from '../../client/src/index.ts';

export interface Tally {
  /** All rows of the file. */
  readonly rows: number;
  /** Rows that are cars. Only a dry run counts them. */
  valid: number;
  created: number;
  alreadyThere: number;
  rejected: number;
}

export function countReport(
  tally: Tally,
  { rows, created, rejected, replayed }: BatchReport<string>,
  dryRun: boolean,
): void {
  if (dryRun) tally.valid += rows - rejected.length;
  else if (replayed) tally.alreadyThere += created;
  else tally.created += created;
  tally.rejected += rejected.length;
}

export function settledRows({ valid, created, alreadyThere, rejected }: Tally): number {
  return valid + created + alreadyThere + rejected;
}

export function carsPerSecond(tally: Tally, seconds: number): number {
  return seconds > 0 ? Math.round((settledRows(tally) - tally.rejected) / seconds) : 0;
}

/**
 * Formats one number per line. `left` counts rows without an outcome; most of them were never sent.
 */
export function formatSummary(tally: Tally, seconds: number, dryRun: boolean): string {
  const left = tally.rows - settledRows(tally);
  const lines: (readonly [string, string | number])[] = [
    ['rows', tally.rows],
    ...(dryRun
      ? [['valid', tally.valid] as const]
      : [['created', tally.created] as const, ['already there', tally.alreadyThere] as const]),
    ['rejected', tally.rejected],
    ...(left > 0 ? [['left', left] as const] : []),
    ['seconds', seconds.toFixed(1)],
    ['cars/s', carsPerSecond(tally, seconds)],
  ];
  return lines.map(([name, value]) => `${name.padEnd(15)}${value}\n`).join('');
}
