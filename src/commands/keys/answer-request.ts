/** Does what the command line of `keys` asks for. */

import { type ApiKey, generateKey, keyState } from '../../callers/api-key.ts';
import type { KeyStore } from '../../callers/key-store.ts';
import type { Grant, Request } from './arguments.ts';

/** Lines to print: `result` is for whatever reads the output, `note` for the person who watches. */
export interface Answer {
  readonly result: readonly string[];
  readonly note?: string;
}

/** What was asked for cannot be done as things are. */
export class RefusedError extends Error {
  override name = 'RefusedError';
}

/** Makes a key without a database. */
export function answerGenerate(): Answer {
  const { text, id, hash } = generateKey();
  return { result: [text, `--id ${id} --hash ${hash}`] };
}

/** Throws {@link RefusedError}, and what the store throws. */
export async function answerRequest(
  request: Exclude<Request, { command: 'help' | 'generate' }>,
  store: KeyStore,
): Promise<Answer> {
  const now = Math.floor(Date.now() / 1000);
  switch (request.command) {
    case 'create': {
      const { text, id, hash } = generateKey();
      const note = await add(store, { id, hash }, request.grant, now);
      return { result: [text], note: `${note} The key is shown this once.` };
    }
    case 'add':
      return { result: [], note: await add(store, request, request.grant, now) };
    case 'list':
      return { result: (await store.list()).map((key) => JSON.stringify(describe(key, now))) };
    case 'revoke':
      if (await store.revoke(request.nameOrId, now))
        return { result: [], note: `${request.nameOrId} is revoked.` };
      throw new RefusedError(`there is no key ${JSON.stringify(request.nameOrId)} that could be revoked`);
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
  if (added === 'id-taken') throw new RefusedError(`the key ${id} is there already`);
  if (added === 'name-taken')
    throw new RefusedError(`${name} has a key; revoke it first, or take another name`);
  return `${name} has the key ${id} for ${scopes.join(' ')} until ${toIso(expiresAt)}.`;
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
