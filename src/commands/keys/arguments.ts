/** What the command line of `keys` asks for. */

import { parseArgs } from 'node:util';
import { KEY_HASH, KEY_ID, KEY_NAME, mayHoldKey } from '../../callers/api-key.ts';
import { isScope, SCOPES, type Scope } from '../../callers/caller.ts';

/** Who gets a key, for what and for how long. */
export interface Grant {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly seconds: number;
}

export type Request =
  | { readonly command: 'help' }
  | { readonly command: 'generate' }
  | { readonly command: 'list' }
  | { readonly command: 'create'; readonly grant: Grant }
  | { readonly command: 'add'; readonly grant: Grant; readonly id: string; readonly hash: string }
  | { readonly command: 'revoke'; readonly nameOrId: string };

/** The command line asks for nothing that can be done. */
export class UsageError extends Error {
  override name = 'UsageError';
}

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };
const DAYS_AT_MOST = 3650;

type Values = ReturnType<typeof split>['values'];

/** The options that each command takes. */
const OPTIONS: Readonly<Record<string, readonly (keyof Values)[]>> = {
  create: ['name', 'scope', 'expires'],
  generate: [],
  add: ['id', 'hash', 'name', 'scope', 'expires'],
  list: [],
  revoke: [],
};

/** Parses the arguments behind the program's name. Throws {@link UsageError}. */
export function parseArguments(args: readonly string[]): Request {
  const { values, positionals } = split(args);
  const [command = '', ...names] = positionals;
  if (values.help) return { command: 'help' };
  const allowed = OPTIONS[command];
  if (allowed === undefined) throw new UsageError(`which of ${Object.keys(OPTIONS).join(', ')}?`);
  for (const option of Object.keys(values) as (keyof Values)[]) {
    if (!allowed.includes(option)) throw new UsageError(`${command} takes no --${option}`);
  }
  const [name, ...others] = names;
  if (command !== 'revoke' && name !== undefined) throw new UsageError(`${command} takes options only`);
  switch (command) {
    case 'create':
      return { command, grant: toGrant(values) };
    case 'add':
      return {
        command,
        grant: toGrant(values),
        id: matching('--id', values.id, KEY_ID, '16 hexadecimal digits'),
        hash: matching('--hash', values.hash, KEY_HASH, '64 hexadecimal digits'),
      };
    case 'revoke':
      if (name === undefined || others.length > 0) throw new UsageError('revoke takes one name or id');
      if (mayHoldKey(name)) throw new UsageError('revoke takes a name or id, not the key itself');
      return { command, nameOrId: name };
    case 'list':
      return { command };
    default:
      return { command: 'generate' };
  }
}

function split(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        id: { type: 'string' },
        hash: { type: 'string' },
        name: { type: 'string' },
        scope: { type: 'string', multiple: true },
        expires: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function toGrant({ name, scope = [], expires }: Values): Grant {
  const unknown = scope.find((text) => !isScope(text));
  if (unknown !== undefined || scope.length === 0) {
    throw new UsageError(`--scope must be one of ${SCOPES.join(', ')}, ${was(unknown)}`);
  }
  const says = '1 to 64 letters, digits, dots, underscores and hyphens, the first a letter or digit';
  const given = matching('--name', name, KEY_NAME, says);
  // `revoke` takes either.
  if (KEY_ID.test(given)) throw new UsageError(`--name must not look like an id, ${was(given)}`);
  return { name: given, scopes: [...new Set(scope.filter(isScope))], seconds: toSeconds(expires) };
}

function toSeconds(text: string | undefined): number {
  const [, number, unit = ''] = /^([1-9]\d{0,6})([mhd])$/.exec(text ?? '') ?? [];
  const seconds = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (seconds <= DAYS_AT_MOST * 86_400) return seconds;
  throw new UsageError(`--expires must be like 30m, 12h or 90d, at most ${DAYS_AT_MOST}d, ${was(text)}`);
}

function matching(option: string, text: string | undefined, pattern: RegExp, says: string): string {
  if (text !== undefined && pattern.test(text)) return text;
  throw new UsageError(`${option} must be ${says}, ${was(text)}`);
}

/** A key that was given in the wrong place must not reach a log. */
function was(text: string | undefined): string {
  if (text === undefined) return 'was not given';
  return mayHoldKey(text) ? 'was a key' : `was ${JSON.stringify(text)}`;
}
