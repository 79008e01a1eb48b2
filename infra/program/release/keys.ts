/** `keys create | list | revoke`: API keys of an environment. A key is made here, and only its digest travels. */

import { generateKey } from '../../../src/callers/api-key.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { runLive } from './run.ts';

export interface KeysOptions {
  readonly name: string | undefined;
  readonly scope: readonly string[] | undefined;
  /** As in `90d`. */
  readonly expires: string | undefined;
}

/** @param words what stands behind `keys`. Throws {@link Failure} `usage`, `refused` and `taskFailed`. */
export async function keys(
  context: Context,
  [what, ...names]: readonly string[],
  options: KeysOptions,
  patience: number,
): Promise<void> {
  const { terminal } = context;
  if (what === 'create') {
    if (names.length > 0) throw wrongUsage();
    const key = await create(context, options, patience);
    terminal.say(key.text);
    terminal.result({ id: key.id, key: key.text });
    return;
  }
  const [name, ...others] = names;
  const isRevoke = what === 'revoke' && name !== undefined && others.length === 0;
  if (!isRevoke && (what !== 'list' || names.length > 0)) throw wrongUsage();
  if (options.name ?? options.scope ?? options.expires) throw wrongUsage();
  const lines = await runLive(context, ['keys', what, ...names], patience);
  for (const line of lines) terminal.say(line);
  terminal.result({ lines });
}

/** The key, once a task has put its digest into the database. */
async function create(context: Context, { name, scope, expires }: KeysOptions, patience: number) {
  if (name === undefined || scope === undefined || expires === undefined) throw wrongUsage();
  const key = generateKey();
  const grant = ['--name', name, ...scope.flatMap((each) => ['--scope', each]), '--expires', expires];
  const lines = await runLive(
    context,
    ['keys', 'add', '--id', key.id, '--hash', key.hash, ...grant],
    patience,
  );
  // Not on stdout, which is for the key.
  process.stderr.write(lines.map((line) => `${line}\n`).join(''));
  return key;
}

function wrongUsage(): Failure {
  return new Failure(
    'usage',
    'keys is followed by create, list or revoke NAME',
    'infra/aws-deploy.sh keys create --name NAME --scope cars:write --expires 90d',
  );
}
