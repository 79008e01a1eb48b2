/** The command line of `npm run load`. */

import { FIELD_NAMES } from '../../src/cars/car.ts';
import {
  integer,
  readServiceOptions,
  SERVICE_OPTIONS,
  type ServiceOptions,
  splitArguments,
  UsageError,
} from '../transfer/options.ts';

export const HELP = `Usage: npm run load -- FILE.csv [options]

Creates a car on a running service for each row of a CSV file; - reads standard input. The file is
UTF-8. Commas, semicolons or tabs separate its columns. Its first line names them, in any order and
case: ${FIELD_NAMES.join(', ')}. A column id is ignored.
To resume a run that failed, repeat the same command within 24 hours. It does not create a car a
second time.

Options
  --url URL                the URL of the service. Default: http://127.0.0.1:5000
  --key KEY                API key or access token with the scope cars:write. Default: the
                           environment variable CARS_API_KEY, which is safer, because other users
                           of the machine can see a command line
  --dry-run                validate the rows and create nothing
  --ignore-extra           drop columns that a car does not have, instead of rejecting the file
  --rejected FILE          write the rejected rows to this file, so that you can correct and load it
  --concurrency N          how many batches of 1000 rows to send at the same time, 1 to 16.
                           Default: 4
  --stall-timeout SECONDS  stop after this many seconds in which every attempt failed, 1 to 86400.
                           Default: 120
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
