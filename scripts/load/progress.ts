/** Shows progress during a run: a bar on a terminal, and lines above it. */

import { carsPerSecond, settledRows, type Tally } from './tally.ts';

export interface Progress {
  /** Prints a line above the bar. */
  readonly line: (text: string) => void;
  /** Shows after the bar what the run waits for, until the next row settles. */
  readonly trouble: (reason: string) => void;
  readonly settled: () => void;
  readonly end: () => void;
}

const REDRAW_MS = 100;
const BAR_WIDTH = 20;
const ERASE_LINE = '\r\x1b[2K';

/** Draws the bar only when `stream` is a terminal. */
export function showProgress(stream: NodeJS.WriteStream, tally: Tally): Progress {
  const start = performance.now();
  let trouble = '';
  const draw = () => {
    const bar = formatBar(tally, (performance.now() - start) / 1000);
    const text = trouble === '' ? bar : `${bar}  waiting: ${trouble}`;
    // Cut, because a line that wraps cannot be erased.
    stream.write(ERASE_LINE + text.slice(0, (stream.columns || 80) - 1));
  };
  const timer = stream.isTTY ? setInterval(draw, REDRAW_MS) : undefined;
  const erase = () => timer && stream.write(ERASE_LINE);

  return {
    line(text) {
      erase();
      stream.write(`${plain(text)}\n`);
    },
    trouble(reason) {
      trouble = plain(reason);
    },
    settled() {
      trouble = '';
    },
    end() {
      clearInterval(timer);
      erase();
    },
  };
}

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

/** Removes control characters, because the texts come from the file and from the server. */
function plain(text: string): string {
  return text.replace(/\p{C}/gu, ' ').slice(0, 500);
}
