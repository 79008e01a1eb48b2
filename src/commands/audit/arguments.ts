/** Parses the command line of `audit`. */

import { parseArgs } from 'node:util';
import { describeParseError, UsageError } from '../usage-error.ts';

export type AuditCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'list'; readonly caller: string; readonly since: Date }
  | {
      readonly kind: 'remove';
      readonly before: Date;
      /** Where the entries are archived, if they are. */
      readonly file: string | undefined;
    };

export const HELP = `Usage: npm run audit -- COMMAND OPTIONS

Lists, archives or removes entries of the audit trail. The service can run meanwhile.

Use the settings of the service, in the environment or in .env. To remove entries from MySQL, log in
as the owner of the database (DATABASE_USER), as npm run migrate does. DATABASE_APP_USER has no
right to remove entries.

Commands
  list          print what one client changed, one line of JSON for each change
  archive FILE  move old entries to FILE, one line of JSON for each entry. FILE must not exist yet
  purge         remove old entries, without a copy

Options
  --caller NAME  list the changes of this client: the name of its API key (ann), or of its token
                 (jwt:SUBJECT)
  --since TIME   list the changes since TIME
  --before TIME  archive or purge entries that are older than TIME
  --help         print this help

TIME is one of:
  365d                  a number of days before now
  2026-01-31            the start of a day, in UTC
  2026-01-31T12:00:00Z  a point in time

Only archive and purge remove entries. If one of them stops, run it again. For archive, give a new
FILE. No entry is lost, but up to 500 entries can be in both files. Such duplicates have the same id.

Examples
  npm run audit -- list --caller ann --since 7d
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
  const { before, since, caller } = values;
  if (command === 'list') {
    if (file !== undefined || before !== undefined)
      throw new UsageError('list accepts only --caller and --since');
    if (caller === undefined) throw new UsageError('list needs --caller');
    return { kind: 'list', caller, since: toTime('--since', since, now) };
  }
  if (command !== 'archive' && command !== 'purge') {
    const was = command === undefined ? 'missing' : JSON.stringify(command);
    throw new UsageError(`COMMAND must be list, archive or purge, was ${was}`);
  }
  if (since !== undefined || caller !== undefined)
    throw new UsageError(`${command} accepts neither --caller nor --since`);
  const isFile = file !== undefined && file !== '' && !file.startsWith('-') && rest.length === 0;
  if (command === 'archive' && !isFile) throw new UsageError('archive needs the name of one FILE');
  if (command === 'purge' && file !== undefined) throw new UsageError('purge accepts options only');
  return { kind: 'remove', before: toTime('--before', before, now), file };
}

function split(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        before: { type: 'string' },
        caller: { type: 'string' },
        since: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(describeParseError(error));
  }
}

function toTime(option: string, text: string | undefined, now: Date): Date {
  const [, days] = /^([1-9]\d{0,4})d$/.exec(text ?? '') ?? [];
  if (days !== undefined) return new Date(now.getTime() - Number(days) * DAY);
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?$/.test(text ?? '');
  const time = new Date(isTime ? (text ?? '') : Number.NaN);
  // Dates such as 30 February become others.
  const isReal = !Number.isNaN(time.getTime()) && time.toISOString().startsWith((text ?? '').slice(0, 10));
  if (isReal && time <= now) return time;
  const was = text === undefined ? 'missing' : JSON.stringify(text);
  throw new UsageError(
    `${option} must be a time in the past like 2026-01-31, 2026-01-31T12:00:00Z or 365d, was ${was}`,
  );
}
