/**
 * Fetches and keeps the public keys of the token issuer. It fetches them again in the background, and at once when a token
 * names a new key. If the issuer is unavailable, it continues with the known keys for a bounded time.
 */

import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { JwtConfig } from '../../config/auth.ts';
import { showUrl } from '../../config/secret.ts';
import type { Log } from '../../observability/log.ts';

/** Milliseconds. */
const TIMES = {
  /** For the issuer to respond to one request. */
  answer: 1500,
  /** For a client to wait. A fetch may take longer, as it may need two responses. Then later clients benefit. */
  wait: 1500,
  /** Between two fetches for an unknown key, so that forged tokens cause no more fetches. */
  cooldown: 5000,
  /** After a failed fetch that clients waited for. */
  retry: 1000,
  /** After which keys are fetched again even if all are known: one may have been withdrawn. */
  age: 10 * 60_000,
} as const;

/** RFC 7518, sections 3.3 and 3.5. The library throws for smaller keys. */
const MIN_RSA_BITS = 2048;

export interface IssuerKeys {
  /** Rejects with {@link KeysUnreachableError} if the issuer is unavailable and its keys are needed. */
  readonly find: JWTVerifyGetKey;
  /**
   * Fetches the keys for a token whose key may be new. Returns false if that was done a moment ago. Rejects like `find`.
   */
  renew(): Promise<boolean>;
  /** The keys in use; another object after each fetch. Undefined before the first. */
  known(): IssuerKeySet | undefined;
  /** The same, after a fetch if it is due. Rejects like `find`. */
  current(): Promise<IssuerKeySet>;
  /** Seconds since the keys were last fetched; undefined before the first time. */
  age(): number | undefined;
}

/** The keys are unknown, or too old, and the issuer does not answer. */
export class KeysUnreachableError extends Error {
  override name = 'KeysUnreachableError';
}

export interface IssuerKeySet {
  readonly find: JWTVerifyGetKey;
  /** When the fetch began. */
  readonly fetchedAt: number;
}

type KeysConfig = Pick<JwtConfig, 'issuer' | 'jwksUrl' | 'keysMaxAge'>;

/** @param clock monotonic, in milliseconds. */
export function createIssuerKeys(
  { issuer, jwksUrl, keysMaxAge }: KeysConfig,
  log: Pick<Log, 'info' | 'warn'>,
  clock: () => number = () => performance.now(),
): IssuerKeys {
  let known: IssuerKeySet | undefined;
  let fetching: Promise<void> | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let rejected = new Set<string>();

  /** Concurrent callers share one fetch. Rejects if the issuer is unavailable. */
  function refresh(): Promise<void> {
    fetching ??= fetchKeys().finally(() => {
      fetching = undefined;
    });
    return fetching;
  }

  async function fetchKeys(): Promise<void> {
    triedAt = clock();
    const fetchedAt = triedAt;
    try {
      // Without a configured URL, the issuer's metadata name it (OpenID Connect Discovery 1.0, section 4). It may change.
      const url = jwksUrl?.() ?? (await discoverJwksUrl(issuer));
      known = { find: createLocalJWKSet(usableKeys(await fetchJson(url))), fetchedAt };
      if (failure !== undefined && known !== undefined)
        log.info('the keys of the token issuer are available again');
      failure = undefined;
    } catch (error) {
      if (failure === undefined)
        log.warn({ reason: reasonOf(error) }, 'the keys of the token issuer cannot be fetched');
      failure = error ?? new Error('unknown');
      throw failure;
    }
  }

  /** Leaves out each key that cannot be used, so that it does no harm to the others. Logs each of them once. */
  function usableKeys(set: unknown): JSONWebKeySet {
    const { keys }: { keys?: unknown } = Object(set);
    if (!Array.isArray(keys)) throw new Error('the key set has no member "keys"');
    const faults = new Set<string>();
    const usable = keys.filter((key: unknown) => {
      const fault = faultOf(key);
      if (fault !== undefined) faults.add(fault);
      return fault === undefined;
    });
    for (const fault of faults)
      if (!rejected.has(fault)) log.warn(`ignored a key of the token issuer: ${fault}`);
    rejected = faults;
    // Rather a mistake than the wish to lock everybody out, so the known keys stay in use for their time.
    if (usable.length === 0) throw new Error('the key set has no usable key');
    return { keys: usable };
  }

  const ageOf = ({ fetchedAt }: IssuerKeySet) => clock() - fetchedAt;

  async function currentKeys(): Promise<IssuerKeySet> {
    if (known !== undefined && ageOf(known) <= keysMaxAge * 1000) {
      // Nobody waits for this, and a failure is logged.
      if (ageOf(known) > TIMES.age && clock() - triedAt >= TIMES.cooldown) refresh().catch(() => {});
      return known;
    }
    await fetchNow(TIMES.retry);
    return known as IssuerKeySet;
  }

  /** Fails immediately for a while after a failure, so that not every client waits for an unavailable issuer. */
  async function fetchNow(pause: number): Promise<void> {
    if (fetching === undefined && failure !== undefined && clock() - triedAt < pause)
      throw unreachable(failure);
    await withinWait(refresh()).catch((error: unknown) => {
      throw unreachable(error);
    });
  }

  async function renew(): Promise<boolean> {
    // If the issuer is unavailable, that is no reason to call a token wrong.
    if (failure === undefined && clock() - triedAt < TIMES.cooldown) return false;
    await fetchNow(TIMES.cooldown);
    return true;
  }

  return {
    renew,
    known: () => known,
    current: currentKeys,
    age: () => known && ageOf(known) / 1000,

    async find(header, token) {
      const { find } = await currentKeys();
      try {
        return await find(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || !(await renew())) throw error;
      }
      return (known as IssuerKeySet).find(header, token);
    },
  };
}

/** Settles like `call`, or rejects when its client has waited long enough. */
function withinWait(call: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no keys within ${TIMES.wait} ms`)), TIMES.wait);
    call.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function unreachable(cause: unknown): KeysUnreachableError {
  return new KeysUnreachableError("the issuer's keys cannot be fetched", { cause });
}

/** Why a member of the key set cannot verify a token; undefined if it can. Shows the key's id only. */
function faultOf(key: unknown): string | undefined {
  if (typeof key !== 'object' || key === null) return 'it is not an object';
  const { kid, d }: { kid?: unknown; d?: unknown } = key;
  const name = typeof kid === 'string' ? JSON.stringify(kid.slice(0, 100)) : 'a key without an id';
  if (d !== undefined) return `${name} contains a private key`;
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({
      key: key as JsonWebKey,
      format: 'jwk',
    });
    const bits = asymmetricKeyDetails?.modulusLength;
    const isShort = asymmetricKeyType === 'rsa' && bits !== undefined && bits < MIN_RSA_BITS;
    return isShort ? `${name} has ${bits} bits, ${MIN_RSA_BITS} are needed` : undefined;
  } catch (error) {
    return `${name} is not a public key (${reasonOf(error)})`;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}

async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: 'application/json, application/jwk-set+json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMES.answer),
  });
  if (response.status !== 200) throw new Error(`${showUrl(url)} answered ${response.status}`);
  return response.json();
}

async function discoverJwksUrl(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const metadata: { issuer?: unknown; jwks_uri?: unknown } = Object(await fetchJson(url));
  if (metadata.issuer !== issuer || typeof metadata.jwks_uri !== 'string') {
    throw new Error(`${url} does not describe the issuer ${issuer}`);
  }
  // Keys of an https issuer must not come from a URL that anybody could answer.
  const isSafe = metadata.jwks_uri.startsWith('https:') || issuer.startsWith('http:');
  if (!isSafe) throw new Error(`${url} names a URL for keys that is not https`);
  return metadata.jwks_uri;
}
