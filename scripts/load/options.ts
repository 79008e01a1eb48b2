/** The command line of `npm run load`. */

import { parseArgs } from 'node:util';
import { FIELD_NAMES } from '../../src/cars/car.ts';

export const HELP = `Usage: npm run load -- FILE.csv [options]

Creates a car on a running service for each row of a CSV file; - reads standard input. The file is
UTF-8. Commas, semicolons or tabs separate its columns. Its first line names them, in any order and
case: ${FIELD_NAMES.join(', ')}.
To resume a run that failed, repeat the same command within 24 hours. It does not create a car a
second time.

Options
  --url URL                the URL of the service. Default: http://127.0.0.1:5000
  --key KEY                API key or access token with the scope cars:write. Default: the
                           environment variable CARS_API_KEY, which is safer, because other users
                           of the machine can see a command line
  --concurrency N          how many requests to send at the same time, 1 to 1000. Default: 64
  --stall-timeout SECONDS  stop after this many seconds without progress, 1 to 86400. Progress means
                           that a row was loaded or rejected. Default: 60
  --help                   print this help

Example
  CARS_API_KEY=cars_… npm run load -- cars.csv --url https://cars.example.com

Exit codes
  0    every row is loaded
  1    some rows were rejected, or the run failed
  2    wrong usage, or the file cannot be used; nothing was sent
  129  the terminal was closed (SIGHUP)
  130  interrupted (SIGINT)
  143  terminated (SIGTERM)
`;

export interface LoadOptions {
  readonly file: string;
  readonly url: URL;
  /** An API key or access token; undefined to send none. */
  readonly key: string | undefined;
  readonly concurrency: number;
  readonly stallSeconds: number;
}

/** The command line or the file cannot be used; nothing was sent. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/**
 * Parses the arguments after the script's name. Throws {@link UsageError}.
 * @param environmentKey the value of `CARS_API_KEY`, used without `--key`.
 */
export function parseOptions(
  args: readonly string[],
  environmentKey: string | undefined,
): LoadOptions | 'help' {
  const { values, positionals } = split(args);
  if (values.help) return 'help';
  const [file, ...others] = positionals;
  if (!file) throw new UsageError('FILE.csv is missing');
  if (others.length > 0) throw new UsageError(`expected one file, got ${positionals.length}`);
  return {
    file,
    url: serviceUrl(values.url),
    key: credential(values.key ?? environmentKey),
    concurrency: integer('--concurrency', values.concurrency, 1000),
    stallSeconds: integer('--stall-timeout', values['stall-timeout'], 86_400),
  };
}

function split(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string', default: 'http://127.0.0.1:5000' },
        key: { type: 'string' },
        concurrency: { type: 'string', default: '64' },
        'stall-timeout': { type: 'string', default: '60' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function serviceUrl(text: string): URL {
  const url = URL.parse(text);
  const known = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (!url || !known || url.username || url.password || url.search || url.hash) {
    throw new UsageError(
      '--url must be like http://HOST:PORT or https://HOST/PATH, without user, query or fragment',
    );
  }
  return url;
}

/** Checks that a header field can carry the key. The message never shows it. */
function credential(text: string | undefined): string | undefined {
  if (!text) return undefined;
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new UsageError('the key (--key or CARS_API_KEY) must be visible ASCII without spaces');
}

function integer(option: string, text: string, max: number): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= max) return number;
  throw new UsageError(`${option} must be an integer from 1 to ${max}, was ${JSON.stringify(text)}`);
}
