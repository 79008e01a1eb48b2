/** The command line of `npm run export`. */

import type { Filters } from '../../client/src/index.ts';
import { UsageError } from '../../src/commands/usage-error.ts';
import {
  integer,
  readServiceOptions,
  SERVICE_OPTIONS,
  type ServiceOptions,
  splitArguments,
} from '../transfer/options.ts';

export const HELP = `Usage: npm run --silent export -- [FILE] [options]

Writes every car of a running service to a file, in the order of the ids. Without FILE, it writes to
standard output. Until the export is complete, the file is called FILE.part.

If the export is interrupted, run the same command again with --continue.

Options
  --format FORMAT          csv or ndjson. Default: ndjson if FILE ends in .ndjson, otherwise csv
  --safe                   CSV only: put a ' before values that a spreadsheet would run as formulas
  --continue               continue FILE.part of an interrupted export. Use the same filters and
                           format as before
  --url URL                the URL of the service. Default: http://127.0.0.1:5000
  --key KEY                API key or access token with the scope cars:read. Default: the
                           environment variable CARS_API_KEY. The variable is safer, because other
                           users of the machine can see your command line
  --stall-timeout SECONDS  stop after this many seconds without a successful request, 1 to
                           86400. Default: 120
  --help                   print this help

Filters
  --brand TEXT             only this brand, ignoring case. For several brands, repeat the option
  --model TEXT             only this model, ignoring case. For several models, repeat the option
  --year YEAR              only this year. For several years, repeat the option
  --year-min YEAR          only this year and later
  --year-max YEAR          only this year and earlier
  --q TEXT                 only cars whose brand or model starts with this text

Example
  npm run --silent export -- volkswagen.csv --brand Volkswagen --url https://cars.example.com

Exit codes
  0    every car is written
  1    the export is incomplete
  2    wrong usage; nothing was written
  129  the terminal was closed (SIGHUP)
  130  interrupted (SIGINT)
  143  terminated (SIGTERM)
`;

export type Format = 'csv' | 'ndjson';

export interface ExportOptions extends ServiceOptions {
  /** Undefined for standard output. */
  readonly file: string | undefined;
  readonly format: Format;
  readonly safe: boolean;
  readonly continue: boolean;
  readonly filters: Filters;
}

/** Parses the arguments after the script's name. Throws {@link UsageError}. */
export function parseOptions(
  args: readonly string[],
  environmentKey: string | undefined,
): ExportOptions | 'help' {
  const { values, positionals } = splitArguments(args, {
    ...SERVICE_OPTIONS,
    format: { type: 'string' },
    safe: { type: 'boolean', default: false },
    continue: { type: 'boolean', default: false },
    brand: { type: 'string', multiple: true },
    model: { type: 'string', multiple: true },
    year: { type: 'string', multiple: true },
    'year-min': { type: 'string' },
    'year-max': { type: 'string' },
    q: { type: 'string' },
  });
  if (values.help) return 'help';
  const [file, ...others] = positionals;
  if (others.length > 0) throw new UsageError(`expected one file, got ${positionals.length}`);
  if (values.continue && file === undefined) throw new UsageError('--continue needs a FILE');
  const format = values.format ?? (file?.endsWith('.ndjson') ? 'ndjson' : 'csv');
  if (format !== 'csv' && format !== 'ndjson') throw new UsageError('--format must be csv or ndjson');
  if (values.safe && format === 'ndjson') throw new UsageError('--safe is only for CSV');
  const { brand, model, year, q, 'year-min': yearMin, 'year-max': yearMax } = values;
  return {
    ...readServiceOptions(values, environmentKey),
    file,
    format,
    safe: values.safe,
    continue: values.continue,
    filters: {
      ...(brand && { brand }),
      ...(model && { model }),
      ...(year && { year: year.map((text) => toYear('--year', text)) }),
      ...(yearMin !== undefined && { yearMin: toYear('--year-min', yearMin) }),
      ...(yearMax !== undefined && { yearMax: toYear('--year-max', yearMax) }),
      ...(q !== undefined && { q }),
    },
  };
}

function toYear(option: string, text: string): number {
  return integer(option, text, 9999, 0);
}
