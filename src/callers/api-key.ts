/** API keys: how to generate, parse and verify them. */

import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Caller, Scope } from './caller.ts';

/** What the database stores of a key. Times are seconds since 1970. */
export interface ApiKey {
  /** 16 hexadecimal digits. Not secret. */
  readonly id: string;
  /** SHA-256 of the key's text, in hex. */
  readonly hash: string;
  /** 1 to 64 characters, unique among live keys. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | undefined;
}

export type KeyState = 'live' | 'expired' | 'revoked';

/** A new key. `text` is secret and stored nowhere; the rest is not secret. */
export interface GeneratedKey {
  readonly text: string;
  readonly id: string;
  readonly hash: string;
}

export const KEY_ID = /^[0-9a-f]{16}$/;
export const KEY_HASH = /^[0-9a-f]{64}$/;

/** Starts with a letter or digit, and contains nothing that needs escaping in a log or the audit trail. */
export const KEY_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Secret scanners recognise the prefix. The id finds the key without comparing secrets. The rest is 32 random
 * bytes in base64url.
 */
const KEY_TEXT = /^cars_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

/** Matches a key anywhere in a text, even a truncated one. */
const PART_OF_KEY = /cars_[0-9a-f]{16}_/;

export function generateKey(): GeneratedKey {
  const id = randomBytes(8).toString('hex');
  const text = `cars_${id}_${randomBytes(32).toString('base64url')}`;
  return { text, id, hash: hash('sha256', text) };
}

/** Returns the id in a key's text; undefined when the text is not a key. */
export function keyIdOf(text: string): string | undefined {
  return KEY_TEXT.exec(text)?.[1];
}

/** Whether a text may contain a key's secret, and so must not be shown. */
export function mayHoldKey(text: string): boolean {
  return PART_OF_KEY.test(text);
}

/** @param now seconds since 1970 */
export function keyState({ revokedAt, expiresAt }: ApiKey, now: number): KeyState {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt <= now ? 'expired' : 'live';
}

/**
 * Returns the client that owns the key; undefined when `text` is not this key. Plain SHA-256 is enough, because
 * nobody can guess 256 random bits; slow hashes are for passwords.
 */
export function matchKey(key: ApiKey, text: string): Caller | undefined {
  const matches = timingSafeEqual(Buffer.from(hash('sha256', text)), Buffer.from(key.hash));
  return matches ? { name: key.name, scopes: key.scopes } : undefined;
}
