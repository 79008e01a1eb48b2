/**
 * Prints and asks. With `--json`, messages go to stderr, so that stdout has one JSON document only.
 */

import { createInterface } from 'node:readline/promises';
import { Failure } from './exit-codes.ts';

export interface Terminal {
  print(line?: string): void;
  /** Prints rows in columns; the first row is the heading. */
  table(rows: readonly (readonly string[])[]): void;
  /** Whether there is somebody to ask. */
  readonly canAsk: boolean;
  /**
   * Throws {@link Failure} `usage` when there is no terminal.
   * @param instead which option answers the question in a script.
   */
  ask(question: string, instead?: string): Promise<string>;
  /** Prints the result as JSON, if `--json` was given. */
  result(value: unknown): void;
}

export function createTerminal(isJson: boolean): Terminal {
  const messages = isJson ? process.stderr : process.stdout;
  const print = (line = '') => void messages.write(`${line}\n`);
  return {
    print,
    canAsk: process.stdin.isTTY === true,
    table: (rows) => formatTable(rows).forEach(print),
    async ask(question, instead) {
      if (!process.stdin.isTTY)
        throw new Failure(
          'usage',
          'there is no terminal to ask for confirmation',
          instead && `Give ${instead}.`,
        );
      const lines = createInterface({ input: process.stdin, output: messages });
      try {
        return (await lines.question(`${question} `)).trim();
      } finally {
        lines.close();
      }
    },
    result: (value) => void (isJson && process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)),
  };
}

/** Columns are two spaces apart; the last one may have any length. */
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
