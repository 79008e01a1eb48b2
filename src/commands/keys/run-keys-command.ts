/** Runs a parsed command of `keys`. */

import { type ApiKey, generateKey, keyState } from '../../callers/api-key.ts';
import type { KeyStore } from '../../callers/key-store.ts';
import type { Grant, KeysCommand } from './arguments.ts';

/** Lines to print: `result` on stdout for programs, `note` on stderr for people. */
export interface Output {
  readonly result: readonly string[];
  readonly note?: string;
}

/** The command is valid, but the stored keys do not allow it. */
export class KeysCommandError extends Error {
  override name = 'KeysCommandError';
}

/** Generates a key without a database. */
export function runGenerate(): Output {
  const { text, id, hash } = generateKey();
  return { result: [text, `--id ${id} --hash ${hash}`] };
}

/** Throws {@link KeysCommandError}, and what the store throws. */
export async function runKeysCommand(
  command: Exclude<KeysCommand, { kind: 'help' | 'generate' }>,
  store: KeyStore,
): Promise<Output> {
  const now = Math.floor(Date.now() / 1000);
  switch (command.kind) {
    case 'create': {
      const { text, id, hash } = generateKey();
      const note = await add(store, { id, hash }, command.grant, now);
      return { result: [text], note: `${note} This is the only time the key is shown.` };
    }
    case 'add':
      return { result: [], note: await add(store, command, command.grant, now) };
    case 'list':
      return { result: (await store.list()).map((key) => JSON.stringify(describe(key, now))) };
    case 'revoke':
      if (await store.revoke(command.nameOrId, now))
        return { result: [], note: `Revoked ${command.nameOrId}.` };
      throw new KeysCommandError(`no live key has the name or id ${JSON.stringify(command.nameOrId)}`);
  }
}

async function add(
  store: KeyStore,
  { id, hash }: Pick<ApiKey, 'id' | 'hash'>,
  { name, scopes, seconds }: Grant,
  now: number,
): Promise<string> {
  const expiresAt = now + seconds;
  const added = await store.add({ id, hash, name, scopes, createdAt: now, expiresAt, revokedAt: undefined });
  if (added === 'id-taken') throw new KeysCommandError(`a key with the id ${id} already exists`);
  if (added === 'name-taken')
    throw new KeysCommandError(`${name} already has a live key; revoke it first, or choose another name`);
  return `Stored key ${id} for ${name} with ${scopes.join(', ')}, valid until ${toIso(expiresAt)}.`;
}

function describe(key: ApiKey, now: number) {
  const { id, name, scopes, createdAt, expiresAt, revokedAt } = key;
  return {
    id,
    name,
    state: keyState(key, now),
    scopes,
    created: toIso(createdAt),
    expires: toIso(expiresAt),
    ...(revokedAt !== undefined && { revoked: toIso(revokedAt) }),
  };
}

function toIso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}
