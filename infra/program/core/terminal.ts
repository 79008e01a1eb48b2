/** What a person sees and answers. With `--json`, words go to stderr, so that stdout holds one JSON document and nothing else. */

import { createInterface } from 'node:readline/promises';
import { Failure } from './exit-codes.ts';

export interface Terminal {
  say(line?: string): void;
  /** Rows in columns; the first is the heading. */
  table(rows: readonly (readonly string[])[]): void;
  /** Throws {@link Failure} `usage` when nobody can answer. */
  ask(question: string): Promise<string>;
  /** The result, where a machine asked for it. */
  result(value: unknown): void;
}

export function createTerminal(isJson: boolean): Terminal {
  const words = isJson ? process.stderr : process.stdout;
  const say = (line = '') => void words.write(`${line}\n`);
  return {
    say,
    table: (rows) => formatTable(rows).forEach(say),
    async ask(question) {
      if (!process.stdin.isTTY) throw new Failure('usage', 'there is no terminal to ask at', 'Give --yes.');
      const lines = createInterface({ input: process.stdin, output: words });
      try {
        return (await lines.question(`${question} `)).trim();
      } finally {
        lines.close();
      }
    },
    result: (value) => void (isJson && process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)),
  };
}

/** Lines of two columns' distance; the last column may be of any length. */
export function formatTable(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
