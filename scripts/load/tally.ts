/** Counts the rows of a run, and formats the summary. */

import type { Outcome } from './deliver.ts';

export interface Tally {
  /** All rows of the file. */
  readonly rows: number;
  created: number;
  alreadyThere: number;
  rejected: number;
}

export function countOutcome(tally: Tally, { kind }: NonNullable<Outcome>): void {
  if (kind === 'created') tally.created += 1;
  else if (kind === 'already-there') tally.alreadyThere += 1;
  else tally.rejected += 1;
}

export function settledRows(tally: Tally): number {
  return tally.created + tally.alreadyThere + tally.rejected;
}

export function carsPerSecond(tally: Tally, seconds: number): number {
  return seconds > 0 ? Math.round((tally.created + tally.alreadyThere) / seconds) : 0;
}

/**
 * Formats one number per line. `left` counts rows without an outcome; most of them were never sent.
 */
export function formatSummary(tally: Tally, seconds: number): string {
  const left = tally.rows - settledRows(tally);
  const lines: (readonly [string, string | number])[] = [
    ['rows', tally.rows],
    ['created', tally.created],
    ['already there', tally.alreadyThere],
    ['rejected', tally.rejected],
    ...(left > 0 ? [['left', left] as const] : []),
    ['seconds', seconds.toFixed(1)],
    ['cars/s', carsPerSecond(tally, seconds)],
  ];
  return lines.map(([name, value]) => `${name.padEnd(15)}${value}\n`).join('');
}
