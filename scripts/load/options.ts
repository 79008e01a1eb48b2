/** The command line of `npm run load`. */

import { FIELD_NAMES } from '../../src/cars/car.ts';
import { UsageError } from '../../src/commands/usage-error.ts';
import {
  integer,
  readServiceOptions,
  SERVICE_OPTIONS,
  type ServiceOptions,
  splitArguments,
} from '../transfer/options.ts';

export const HELP = `Usage: npm run load -- FILE.csv [options]

Creates a car on a running service for each row of a CSV file. To read standard input, use - as
FILE.csv.

The file must be UTF-8, with columns separated by commas, semicolons or tabs. The first line has the
column names, in any order and in upper or lower case: ${FIELD_NAMES.join(', ')}. A column
named id is allowed, and ignored.

If a run fails, run the same command again within 24 hours. It continues, and creates no car twice.
Do not edit the file: an edited file counts as a new file, and all of its cars are created again.

Options
  --url URL                the URL of the service. Default: http://127.0.0.1:5000
  --key KEY                API key or access token with the scope cars:write. Default: the
                           environment variable CARS_API_KEY. The variable is safer, because other
                           users of the machine can see your command line
  --dry-run                validate the rows and create nothing
  --ignore-extra           drop columns that a car does not have, instead of rejecting the file
  --rejected FILE          write the rejected rows to this file, so that you can correct and load
                           them. If you have edited FILE since the last run, the command stops,
                           and does not overwrite it
  --concurrency N          batches of 1000 rows to send at the same time, 1 to 16. Default: 4
  --stall-timeout SECONDS  stop after this many seconds without a successful request, 1 to
                           86400. Default: 120
  --help                   print this help

Example
  CARS_API_KEY=cars_… npm run load -- cars.csv --url https://cars.example.com

Exit codes
  0    every row is loaded
  1    some rows were rejected, or the run failed
  2    wrong usage, or the file cannot be used; nothing was created
  129  the terminal was closed (SIGHUP)
  130  interrupted (SIGINT)
  143  terminated (SIGTERM)
`;

export interface LoadOptions extends ServiceOptions {
  readonly file: string;
  readonly dryRun: boolean;
  readonly ignoreExtra: boolean;
  /** Where to write the rejected rows. */
  readonly rejected: string | undefined;
  readonly concurrency: number;
}

/** Parses the arguments after the script's name. Throws {@link UsageError}. */
export function parseOptions(
  args: readonly string[],
  environmentKey: string | undefined,
): LoadOptions | 'help' {
  const { values, positionals } = splitArguments(args, {
    ...SERVICE_OPTIONS,
    'dry-run': { type: 'boolean', default: false },
    'ignore-extra': { type: 'boolean', default: false },
    rejected: { type: 'string' },
    concurrency: { type: 'string', default: '4' },
  });
  if (values.help) return 'help';
  const [file, ...others] = positionals;
  if (!file) throw new UsageError('FILE.csv is missing');
  if (others.length > 0) throw new UsageError(`expected one file, got ${positionals.length}`);
  return {
    ...readServiceOptions(values, environmentKey),
    file,
    dryRun: values['dry-run'],
    ignoreExtra: values['ignore-extra'],
    rejected: values.rejected,
    concurrency: integer('--concurrency', values.concurrency, 16),
  };
}
