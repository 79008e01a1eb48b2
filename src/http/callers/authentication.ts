/** Tells who calls by the credential of a request. */

import type { IncomingMessage } from 'node:http';
import { keyIdOf, keyState, matchKey } from '../../callers/api-key.ts';
import type { Caller } from '../../callers/caller.ts';
import { type KeyCache, KeysUnavailableError } from '../../callers/key-cache.ts';
import { Problem, RETRY_AFTER } from '../contract/problem.ts';
import { credentialRefused } from './challenges.ts';
import { readCredential } from './credentials.ts';

/** The caller of an access token. Rejects with a {@link Problem}: 401, or 503 while the issuer's keys cannot be had. */
export type VerifyToken = (token: string) => Promise<Caller>;

/** The ways in which callers are known; at least one. */
export interface Ways {
  readonly keys: KeyCache | undefined;
  readonly verifyToken: VerifyToken | undefined;
}

/** Undefined for a request without a credential; rejects with a {@link Problem} for one that is not accepted. */
export type Authenticate = (request: IncomingMessage) => Promise<Caller | undefined>;

export function createAuthentication({ keys, verifyToken }: Ways): Authenticate {
  return async (request) => {
    const credential = readCredential(request);
    if (credential === undefined) return undefined;
    const { text, field } = credential;
    const keyId = keyIdOf(text);
    if (keyId !== undefined && keys !== undefined) return callerOfKey(keys, keyId, text);
    if (keyId === undefined && field === 'authorization' && verifyToken !== undefined)
      return verifyToken(text);
    throw credentialRefused('The credential is of no kind that is accepted here.');
  };
}

/** What is told of a key depends on its secret being right: others learn nothing about it. */
async function callerOfKey(keys: KeyCache, id: string, text: string): Promise<Caller> {
  const key = await keys.find(id).catch((error: unknown) => {
    if (!(error instanceof KeysUnavailableError)) throw error;
    const detail = 'It cannot be told now which keys are valid. Nothing was applied.';
    throw new Problem('unavailable', detail, { cause: error, headers: RETRY_AFTER });
  });
  const caller = key && matchKey(key, text);
  if (key === undefined || caller === undefined) throw credentialRefused('The API key is not known.');
  const state = keyState(key, Date.now() / 1000);
  if (state === 'live') return caller;
  throw credentialRefused(state === 'expired' ? 'The API key has expired.' : 'The API key was revoked.');
}
