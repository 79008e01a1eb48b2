/** What the command line says: the file, the service and how hard to press it. */

import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run load -- FILE.csv [options]

Sends each row of a CSV file to a running service as a car. The file is UTF-8; its first line names the
columns brand, model and year, in any order. A run that did not finish can be repeated within 24 hours:
cars that are in are not created again.

  --url URL          where the service is (default http://127.0.0.1:5000)
  --key KEY          an API key or access token with the scope cars:write; rather give it as CARS_API_KEY in the
                     environment, because other users of this machine can read a command line
  --concurrency N    cars under way at once, 1 to 1000 (default 64)
  --patience SECONDS stop when no row was settled for so long, 1 to 86400 (default 60)
  --help             print this

Exit code: 0 all rows are in; 1 rows were rejected or the run failed; 2 wrong usage or a file that cannot
be used, nothing was sent; 130 interrupted; 143 terminated.
`;

export interface LoadOptions {
  readonly file: string;
  readonly url: URL;
  /** An API key or access token; absent where the service asks for none. */
  readonly key: string | undefined;
  readonly concurrency: number;
  readonly patienceSeconds: number;
}

/** The command or its file is not usable; nothing was sent. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/**
 * Parses the arguments behind the script's name; `'help'` when help was asked for. Throws {@link UsageError}.
 * @param environmentKey the credential that the environment gives, for want of one in the arguments.
 */
export function parseOptions(
  args: readonly string[],
  environmentKey: string | undefined,
): LoadOptions | 'help' {
  const { values, positionals } = split(args);
  if (values.help) return 'help';
  const [file, ...others] = positionals;
  if (!file) throw new UsageError('which file?');
  if (others.length > 0) throw new UsageError(`one file at a time, there were ${positionals.length}`);
  return {
    file,
    url: serviceUrl(values.url),
    key: credential(values.key ?? environmentKey),
    concurrency: integer('--concurrency', values.concurrency, 1000),
    patienceSeconds: integer('--patience', values.patience, 86_400),
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
        patience: { type: 'string', default: '60' },
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
    throw new UsageError('--url must be like http://HOST:PORT or https://HOST/PATH');
  }
  return url;
}

/** What a header field can carry; the fault does not show it. */
function credential(text: string | undefined): string | undefined {
  if (!text) return undefined;
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new UsageError('the key (--key or CARS_API_KEY) must be visible ASCII characters without blanks');
}

function integer(option: string, text: string, max: number): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= max) return number;
  throw new UsageError(`${option} must be an integer from 1 to ${max}, was ${JSON.stringify(text)}`);
}
