/**
 * Reads command-line options of the benchmarks: all have a default, and `--help` prints the given
 * text.
 */

import { parseArgs } from 'node:util';

/** Exits with code 0 after `--help`, and with code 2 on wrong usage. */
export function readOptions<Name extends string>(
  help: string,
  defaults: Readonly<Record<Name, string>>,
): Record<Name, string> {
  const names = Object.keys(defaults) as Name[];
  try {
    const { values } = parseArgs({
      options: {
        ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
        help: { type: 'boolean' as const },
      },
    });
    const given: Readonly<Record<string, string | boolean | undefined>> = values;
    if (given['help'] === true) {
      process.stdout.write(help);
      process.exit(0);
    }
    return Object.fromEntries(names.map((name) => [name, given[name] ?? defaults[name]])) as Record<
      Name,
      string
    >;
  } catch (error) {
    exitWithUsage(error instanceof Error ? error.message : String(error));
  }
}

/** Parses a positive integer. */
export function toCount(option: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  exitWithUsage(`--${option} must be integers from 1, was ${JSON.stringify(text)}`);
}

/** Splits a comma-separated list, each of whose items must be known. */
export function toNames(option: string, text: string, known: readonly string[]): string[] {
  const names = text.split(',');
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return names;
  exitWithUsage(`--${option} must be some of ${known.join(', ')}; unknown: ${unknown.join(', ')}`);
}

/** Exits with code 2. */
export function exitWithUsage(problem: string): never {
  process.stderr.write(`bench: ${problem}\nTry --help.\n`);
  process.exit(2);
}
