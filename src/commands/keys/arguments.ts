/** Parses the command line of `keys`. */

import { parseArgs } from 'node:util';
import { KEY_HASH, KEY_ID, KEY_NAME, mayHoldKey } from '../../callers/api-key.ts';
import { isScope, SCOPES, type Scope } from '../../callers/caller.ts';
import { describeParseError, UsageError } from '../usage-error.ts';

/** Owner, scopes and lifetime of a key. */
export interface Grant {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly seconds: number;
}

export type KeysCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'generate' }
  | { readonly kind: 'list' }
  | { readonly kind: 'create'; readonly grant: Grant }
  | { readonly kind: 'add'; readonly grant: Grant; readonly id: string; readonly hash: string }
  | { readonly kind: 'revoke'; readonly nameOrId: string };

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };
const MAX_DAYS = 3650;

type Values = ReturnType<typeof split>['values'];

/** The options that each command takes. */
const OPTIONS: Readonly<Record<string, readonly (keyof Values)[]>> = {
  create: ['name', 'scope', 'expires'],
  generate: [],
  add: ['id', 'hash', 'name', 'scope', 'expires'],
  list: [],
  revoke: [],
};

/** Parses the arguments after the program's name. Throws {@link UsageError}. */
export function parseArguments(args: readonly string[]): KeysCommand {
  const { values, positionals } = split(args);
  const [command = '', ...names] = positionals;
  if (values.help) return { kind: 'help' };
  const allowed = OPTIONS[command];
  if (allowed === undefined)
    throw new UsageError(
      `COMMAND must be one of ${Object.keys(OPTIONS).join(', ')}, ${was(command || undefined)}`,
    );
  for (const option of Object.keys(values) as (keyof Values)[]) {
    if (!allowed.includes(option)) throw new UsageError(`${command} does not accept --${option}`);
  }
  const [name, ...others] = names;
  if (command !== 'revoke' && name !== undefined) throw new UsageError(`${command} accepts options only`);
  switch (command) {
    case 'create':
      return { kind: command, grant: toGrant(values) };
    case 'add':
      return {
        kind: command,
        grant: toGrant(values),
        id: matching('--id', values.id, KEY_ID, '16 hexadecimal digits'),
        hash: matching('--hash', values.hash, KEY_HASH, '64 hexadecimal digits'),
      };
    case 'revoke':
      if (name === undefined || others.length > 0) throw new UsageError('revoke needs one name or id');
      if (mayHoldKey(name)) throw new UsageError('revoke needs a name or id, not the key itself');
      return { kind: command, nameOrId: name };
    case 'list':
      return { kind: command };
    default:
      return { kind: 'generate' };
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
    throw new UsageError(describeParseError(error));
  }
}

function toGrant({ name, scope = [], expires }: Values): Grant {
  const unknown = scope.find((text) => !isScope(text));
  if (unknown !== undefined || scope.length === 0) {
    throw new UsageError(`--scope must be one of ${SCOPES.join(', ')}, ${was(unknown)}`);
  }
  const rule = '1 to 64 letters, digits, dots, underscores and hyphens, starting with a letter or digit';
  const given = matching('--name', name, KEY_NAME, rule);
  // `revoke` accepts a name or an id, so they must differ.
  if (KEY_ID.test(given)) throw new UsageError(`--name must not look like an id, ${was(given)}`);
  return { name: given, scopes: [...new Set(scope.filter(isScope))], seconds: toSeconds(expires) };
}

function toSeconds(text: string | undefined): number {
  const [, number, unit = ''] = /^([1-9]\d{0,6})([mhd])$/.exec(text ?? '') ?? [];
  const seconds = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (seconds <= MAX_DAYS * 86_400) return seconds;
  throw new UsageError(`--expires must be like 30m, 12h or 90d, at most ${MAX_DAYS}d, ${was(text)}`);
}

function matching(option: string, text: string | undefined, pattern: RegExp, rule: string): string {
  if (text !== undefined && pattern.test(text)) return text;
  throw new UsageError(`${option} must be ${rule}, ${was(text)}`);
}

/** Never repeats a key, because the message could end up in a log. */
function was(text: string | undefined): string {
  if (text === undefined) return 'was missing';
  return mayHoldKey(text) ? 'was a key' : `was ${JSON.stringify(text)}`;
}
