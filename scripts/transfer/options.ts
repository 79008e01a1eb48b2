/** The options that `npm run load` and `npm run export` share. */

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { describeParseError, UsageError } from '../../src/commands/usage-error.ts';

export const SERVICE_OPTIONS = {
  url: { type: 'string', default: 'http://127.0.0.1:5000' },
  key: { type: 'string' },
  'stall-timeout': { type: 'string', default: '120' },
  help: { type: 'boolean', default: false },
} as const satisfies ParseArgsOptionsConfig;

export interface ServiceOptions {
  readonly url: URL;
  /** An API key or access token; undefined to send none. */
  readonly key: string | undefined;
  readonly stallSeconds: number;
}

/** Parses arguments. Throws {@link UsageError}. */
export function splitArguments<Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(describeParseError(error));
  }
}

/**
 * Reads the shared options. Throws {@link UsageError}.
 * @param environmentKey the value of `CARS_API_KEY`, used without `--key`.
 */
export function readServiceOptions(
  values: { readonly url: string; readonly key?: string; readonly 'stall-timeout': string },
  environmentKey: string | undefined,
): ServiceOptions {
  return {
    url: serviceUrl(values.url),
    key: credential(values.key ?? environmentKey),
    stallSeconds: integer('--stall-timeout', values['stall-timeout'], 86_400),
  };
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

export function integer(option: string, text: string, max: number, min = 1): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`${option} must be an integer from ${min} to ${max}, was ${JSON.stringify(text)}`);
}
