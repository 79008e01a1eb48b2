/** Remembers the credentials that were accepted lately. */

import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Bounds the memory to about 2 MB. */
const MAX = 10_000;

export type AcceptedCredentials<Value> = ReturnType<typeof rememberAccepted<Value>>;

/** A value for each credential, by its digest, so that no secret is kept. The ones added first are forgotten first. */
export function rememberAccepted<Value>() {
  const accepted = new Map<string, Value>();

  return {
    has: (digest: string) => accepted.has(digest),
    get: (digest: string) => accepted.get(digest),

    add(digest: string, value: Value): void {
      accepted.set(digest, value);
      if (accepted.size <= MAX) return;
      for (const oldest of accepted.keys()) {
        accepted.delete(oldest);
        return;
      }
    },

    delete: (digest: string) => accepted.delete(digest),
  };
}

/** A digest of all credentials of a request; undefined if it has none. */
export function digestOf({ headers }: IncomingMessage): string | undefined {
  const { authorization, 'x-api-key': key } = headers;
  if (authorization === undefined && key === undefined) return undefined;
  return digest(`${authorization}\n${key}`);
}

export function digest(secret: string): string {
  return hash('sha256', secret, 'base64url');
}
