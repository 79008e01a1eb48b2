/** Records the figures of each fault test; `print-figures.ts` prints them at the end. */

import { appendFileSync, readFileSync } from 'node:fs';

export interface Figures {
  /** What was made to happen. */
  readonly fault: string;
  /** Name and value (with its unit) in turn, in the order in which they are to be read. */
  readonly figures: Readonly<Record<string, string | number>>;
}

/** The file that the tests' processes share. */
const FILE = 'FAULT_FIGURES_FILE';

export function keepFiguresIn(file: string): void {
  process.env[FILE] = file;
}

/** Call it before the figures are checked, so that a failed run shows them too. */
export function record(fault: string, figures: Figures['figures']): void {
  const file = process.env[FILE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ fault, figures })}\n`);
}

/** A table in Markdown, one row for each figure. */
export function readTable(file: string): string {
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const { fault, figures }: Figures = JSON.parse(line);
      return Object.entries(figures).map(
        ([name, value], index) => `| ${index === 0 ? fault : ''} | ${name} | ${value} |`,
      );
    });
  return ['| fault | figure | value |', '|---|---|---|', ...rows].join('\n');
}
