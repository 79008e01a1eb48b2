/** Fetches and caches the public keys of the token issuer, and fetches them again when it signs with a new key. */

import { createRemoteJWKSet, customFetch, type FetchImplementation, type JWTVerifyGetKey } from 'jose';
import { type Secret, showUrl } from '../../config/secret.ts';

/** Milliseconds. */
const TIMES = {
  /** For the issuer to respond. A client waits this long at most once. */
  answer: 1500,
  /** Between two fetches for an unknown key, so that forged tokens cause no more fetches. */
  cooldown: 5000,
  /** After a failed fetch. */
  retry: 1000,
  /** After which keys are fetched again even if all are known: one may have been withdrawn. */
  age: 10 * 60_000,
} as const;

/** @param jwksUrl where the keys are; without it, the issuer's metadata name the URL (OpenID Connect Discovery 1.0, section 4). */
export function createIssuerKeys(issuer: string, jwksUrl: Secret | undefined): JWTVerifyGetKey {
  const fetchSparingly = pauseAfterFailure(fetch);
  let found: Promise<JWTVerifyGetKey> | undefined;

  async function findSet(): Promise<JWTVerifyGetKey> {
    const url = jwksUrl?.() ?? (await discoverJwksUrl(issuer, fetchSparingly));
    return createRemoteJWKSet(new URL(url), {
      timeoutDuration: TIMES.answer,
      cooldownDuration: TIMES.cooldown,
      cacheMaxAge: TIMES.age,
      [customFetch]: fetchSparingly,
    });
  }

  return async (header, token) => {
    found ??= findSet().catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return (await found)(header, token);
  };
}

async function discoverJwksUrl(issuer: string, ask: FetchImplementation): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const signal = AbortSignal.timeout(TIMES.answer);
  const response = await ask(url, {
    headers: new Headers({ accept: 'application/json' }),
    method: 'GET',
    redirect: 'manual',
    signal,
  });
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  const metadata: unknown = await response.json();
  const members: { issuer?: unknown; jwks_uri?: unknown } = metadata ?? {};
  if (members.issuer !== issuer || typeof members.jwks_uri !== 'string') {
    throw new Error(`${url} does not describe the issuer ${issuer}`);
  }
  // Keys of an https issuer must not come from a URL that anybody could answer.
  const isSafe = members.jwks_uri.startsWith('https:') || issuer.startsWith('http:');
  if (!isSafe) throw new Error(`${url} names a URL for keys that is not https`);
  return members.jwks_uri;
}

/** Fails immediately for a while after a failure, so that not every client waits for an unavailable issuer. */
function pauseAfterFailure(ask: typeof fetch): FetchImplementation {
  let failure: unknown;
  let failedAt = Number.NEGATIVE_INFINITY;
  return async (url, options) => {
    if (performance.now() - failedAt < TIMES.retry) throw failure;
    try {
      const response = await ask(url, options);
      if (response.status !== 200) throw new Error(`${showUrl(url)} answered ${response.status}`);
      return response;
    } catch (error) {
      failure = error;
      failedAt = performance.now();
      throw error;
    }
  };
}
