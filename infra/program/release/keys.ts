/**
 * `keys create | list | revoke`: API keys. A key is generated here, and only its hash is sent to
 * AWS.
 */

import { generateKey } from '../../../src/callers/api-key.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { runLive } from './run.ts';

export interface KeysOptions {
  readonly name: string | undefined;
  readonly scope: readonly string[] | undefined;
  /** For example `90d`. */
  readonly expires: string | undefined;
}

/** Throws {@link Failure} `usage`, `refused` and `taskFailed`. */
export async function keys(
  context: Context,
  [action, ...names]: readonly string[],
  options: KeysOptions,
  timeoutMinutes: number,
): Promise<void> {
  const { terminal } = context;
  if (action === 'create') {
    if (names.length > 0) throw wrongUsage();
    const key = await create(context, options, timeoutMinutes);
    terminal.print(key.text);
    terminal.result({ id: key.id, key: key.text });
    return;
  }
  const [name, ...others] = names;
  const isRevoke = action === 'revoke' && name !== undefined && others.length === 0;
  if (!isRevoke && (action !== 'list' || names.length > 0)) throw wrongUsage();
  if (options.name ?? options.scope ?? options.expires) throw wrongUsage();
  const lines = await runLive(context, ['keys', action, ...names], timeoutMinutes);
  for (const line of lines) terminal.print(line);
  terminal.result({ lines });
}

/** Returns the key after a task has stored its hash in the database. */
async function create(context: Context, { name, scope, expires }: KeysOptions, timeoutMinutes: number) {
  if (name === undefined || scope === undefined || expires === undefined) throw wrongUsage();
  const key = generateKey();
  const grant = ['--name', name, ...scope.flatMap((each) => ['--scope', each]), '--expires', expires];
  const lines = await runLive(
    context,
    ['keys', 'add', '--id', key.id, '--hash', key.hash, ...grant],
    timeoutMinutes,
  );
  // stdout is for the key alone.
  process.stderr.write(lines.map((line) => `${line}\n`).join(''));
  return key;
}

function wrongUsage(): Failure {
  return new Failure(
    'usage',
    'use keys create, keys list or keys revoke NAME',
    'For example: infra/aws-deploy.sh keys create --name NAME --scope cars:write --expires 90d',
  );
}
