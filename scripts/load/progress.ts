/** The progress bar of a load. */

import { carsPerSecond, settledRows, type Tally } from './tally.ts';

const BAR_WIDTH = 20;

/** Formats one line: `[#####---------------]  25%  8360 of 33442 rows  4180 cars/s  6 s left`. */
export function formatBar(tally: Tally, seconds: number): string {
  const settled = settledRows(tally);
  const share = tally.rows > 0 ? settled / tally.rows : 1;
  const bar = '#'.repeat(Math.floor(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '-');
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const left = settled > 0 ? `  ${formatSeconds((seconds / settled) * (tally.rows - settled))} left` : '';
  return `[${bar}] ${percent}  ${settled} of ${tally.rows} rows  ${carsPerSecond(tally, seconds)} cars/s${left}`;
}

function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.ceil(whole / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
