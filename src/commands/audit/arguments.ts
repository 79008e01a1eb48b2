/** Parses the command line of `audit`. */

import { parseArgs } from 'node:util';

export type AuditCommand =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'remove';
      readonly before: Date;
      /** Where the entries are archived, if they are. */
      readonly file: string | undefined;
    };

/** The command line is invalid. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export const HELP = `Usage: npm run audit -- COMMAND --before TIME

Archives or removes old entries of the audit trail. The service can run meanwhile.

Use the same settings as for npm run migrate, in the environment or in .env. With MySQL, log in as
the owner of the database (DATABASE_USER). DATABASE_APP_USER has no right to remove entries.

Commands
  archive FILE  move the entries to FILE, one line of JSON for each entry. FILE must not exist yet
  purge         remove the entries, without a copy

Options
  --before TIME  remove entries that are older than TIME, which is one of:
                   365d                  a number of days
                   2026-01-31            the start of a day, in UTC
                   2026-01-31T12:00:00Z  a point in time
  --help         print this help

If the command stops, run it again. For archive, use a new FILE. No entry is lost. Up to 500
entries can be in both files, with the same id.

Examples
  npm run audit -- archive audit-2025.jsonl --before 2026-01-01
  npm run audit -- purge --before 365d

Exit codes
  0  done
  1  failed: the database is unavailable, the user lacks a right, or FILE cannot be created
  2  wrong usage
`;

const DAY = 24 * 60 * 60_000;

/** Parses the arguments after the program's name. Throws {@link UsageError}. */
export function parseArguments(args: readonly string[], now: Date): AuditCommand {
  const { values, positionals } = split(args);
  if (values.help) return { kind: 'help' };
  const [command, file, ...rest] = positionals;
  if (command !== 'archive' && command !== 'purge') {
    throw new UsageError(
      `COMMAND must be archive or purge, was ${command === undefined ? 'missing' : JSON.stringify(command)}`,
    );
  }
  const isFile = file !== undefined && file !== '' && !file.startsWith('-') && rest.length === 0;
  if (command === 'archive' && !isFile) throw new UsageError('archive needs the name of one FILE');
  if (command === 'purge' && file !== undefined) throw new UsageError('purge accepts options only');
  return { kind: 'remove', before: toTime(values.before, now), file };
}

function split(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { before: { type: 'string' }, help: { type: 'boolean' } },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function toTime(text: string | undefined, now: Date): Date {
  const [, days] = /^([1-9]\d{0,4})d$/.exec(text ?? '') ?? [];
  if (days !== undefined) return new Date(now.getTime() - Number(days) * DAY);
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?$/.test(text ?? '');
  const time = new Date(isTime ? (text ?? '') : Number.NaN);
  // Dates such as 30 February become others.
  const isReal = !Number.isNaN(time.getTime()) && time.toISOString().startsWith((text ?? '').slice(0, 10));
  if (isReal && time <= now) return time;
  const was = text === undefined ? 'missing' : JSON.stringify(text);
  throw new UsageError(
    `--before must be a time in the past like 2026-01-31, 2026-01-31T12:00:00Z or 365d, was ${was}`,
  );
}
