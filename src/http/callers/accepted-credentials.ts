/** Remembers which credentials were accepted lately, so that their clients do not pay for what others at their address try. */

import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** About 1 MB. The ones added first are forgotten first. */
const MAX = 10_000;

export function rememberAccepted() {
  /** Digests, so that no secret is kept. */
  const accepted = new Set<string>();

  return {
    has: (digest: string) => accepted.has(digest),

    add(digest: string): void {
      if (accepted.has(digest)) return;
      accepted.add(digest);
      const [oldest] = accepted;
      if (accepted.size > MAX && oldest !== undefined) accepted.delete(oldest);
    },

    delete: (digest: string) => accepted.delete(digest),
  };
}

/** A digest of all credentials of a request; undefined if it has none. */
export function digestOf({ headers }: IncomingMessage): string | undefined {
  const { authorization, 'x-api-key': key } = headers;
  if (authorization === undefined && key === undefined) return undefined;
  return hash('sha256', `${authorization}\n${key}`, 'base64url');
}
