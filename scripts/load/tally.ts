/** The count of a run, and how it is written. */

import type { Fate } from './deliver.ts';

export interface Tally {
  /** Of the whole file. */
  readonly rows: number;
  created: number;
  alreadyThere: number;
  rejected: number;
}

export function countFate(tally: Tally, { kind }: NonNullable<Fate>): void {
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

/** The summary, one number a line. `left` are the rows whose fate is not known; most of them were never sent. */
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
