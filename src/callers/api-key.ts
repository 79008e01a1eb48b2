/** API keys: how they are made and written, and the rule by which one is accepted. */

import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Caller, Scope } from './caller.ts';

/** What is kept of a key. Times are seconds since 1970. */
export interface ApiKey {
  /** 16 hexadecimal digits; public. */
  readonly id: string;
  /** SHA-256 of the key's text, in hex. */
  readonly hash: string;
  /** 1 to 64 characters; no two live keys have the same. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | undefined;
}

export type KeyState = 'live' | 'expired' | 'revoked';

/** A key that was just made. Only `text` is secret, and it is kept nowhere. */
export interface GeneratedKey {
  readonly text: string;
  readonly id: string;
  readonly hash: string;
}

export const KEY_ID = /^[0-9a-f]{16}$/;
export const KEY_HASH = /^[0-9a-f]{64}$/;

/** Starts with a letter or digit, and holds nothing that a log or an audit trail would have to escape. */
export const KEY_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * The prefix lets scanners of leaked secrets know a key when they see one; the id lets the service find a key
 * without comparing secrets; the rest is 32 random bytes in base64url.
 */
const KEY_TEXT = /^cars_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

/** A key's text, also within another or cut short. */
const PART_OF_KEY = /cars_[0-9a-f]{16}_/;

export function generateKey(): GeneratedKey {
  const id = randomBytes(8).toString('hex');
  const text = `cars_${id}_${randomBytes(32).toString('base64url')}`;
  return { text, id, hash: hash('sha256', text) };
}

/** The id of a key by its text; undefined when the text is no key. */
export function keyIdOf(text: string): string | undefined {
  return KEY_TEXT.exec(text)?.[1];
}

/** Whether a text may hold a key's secret, so that it must not be shown. */
export function mayHoldKey(text: string): boolean {
  return PART_OF_KEY.test(text);
}

/** @param now seconds since 1970 */
export function keyState({ revokedAt, expiresAt }: ApiKey, now: number): KeyState {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt <= now ? 'expired' : 'live';
}

/**
 * The caller whose key this is; undefined when the secret is another's. A plain SHA-256 is enough for 256 random bits,
 * which nobody can guess: slow hashes are for passwords.
 */
export function matchKey(key: ApiKey, text: string): Caller | undefined {
  const matches = timingSafeEqual(hash('sha256', text, 'buffer'), Buffer.from(key.hash, 'hex'));
  return matches ? { name: key.name, scopes: new Set(key.scopes) } : undefined;
}
