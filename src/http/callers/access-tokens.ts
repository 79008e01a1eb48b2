/** Verifies access tokens: JWTs of one issuer (RFC 7519, RFC 9068, RFC 8725). Loaded only if the configuration uses them. */

import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Caller } from '../../callers/caller.ts';
import { callerOfClaims } from '../../callers/claims.ts';
import type { JwtConfig } from '../../config/auth.ts';
import type { Log } from '../../observability/log.ts';
import { Problem, RETRY_AFTER } from '../contract/problem.ts';
import { digest, rememberAccepted } from './accepted-credentials.ts';
import { invalidCredential, type VerifyToken } from './authentication.ts';
import { createIssuerKeys, type IssuerKeySet, KeysUnreachableError } from './issuer-keys.ts';

/** Seconds by which the issuer's clock and ours may differ. */
const CLOCK_TOLERANCE = 5;

/** What is wrong with a token, where its client can do something about it. */
const DETAILS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'The access token has expired.',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'A claim of the access token is not accepted.',
  ERR_JOSE_ALG_NOT_ALLOWED: 'The signature algorithm of the access token is not accepted.',
};

/** Verifies tokens, and shows how old the issuer's keys are. */
export interface TokenVerifier {
  readonly verify: VerifyToken;
  /** Begins to fetch the issuer's keys, so that the first client need not wait for them. */
  readonly prepare: () => void;
  /** Seconds since the keys were fetched; undefined before the first time. */
  readonly keysAge: () => number | undefined;
}

export function createTokenVerifier(config: JwtConfig, log: Pick<Log, 'info' | 'warn'>): TokenVerifier {
  const { issuer, audience, algorithms } = config;
  const keys = createIssuerKeys(config, log);
  const rules = {
    issuer,
    audience,
    algorithms: [...algorithms],
    requiredClaims: ['exp'],
    clockTolerance: CLOCK_TOLERANCE,
  };
  const verified = rememberAccepted<Verified>();

  /** The caller of a token that was verified with the keys that are still in use, and has not expired since. */
  async function recall(token: string): Promise<Caller | undefined> {
    const found = verified.get(digest(token));
    if (found === undefined || (await keys.current()) !== found.keys) return undefined;
    return found.exp > Math.floor(Date.now() / 1000) - CLOCK_TOLERANCE ? found.caller : undefined;
  }

  /** Returns the claims of a valid token. One that does not name its key may be signed with any that fits. */
  async function check(token: string): Promise<JWTPayload> {
    try {
      return (await jwtVerify(token, keys.find, rules)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      for await (const key of error) {
        const verified = await jwtVerify(token, key, rules).catch(ignoreWrongSignature);
        if (verified !== undefined) return verified.payload;
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  /** The same. Only its signature shows that a token which does not name its key may be signed with a new one. */
  async function checkWithNewKeys(token: string): Promise<JWTPayload> {
    try {
      return await check(token);
    } catch (error) {
      const isWrong = error instanceof errors.JWSSignatureVerificationFailed;
      const mayBeNew = isWrong && decodeProtectedHeader(token).kid === undefined;
      if (!mayBeNew || !(await keys.renew())) throw error;
      return check(token);
    }
  }

  async function verify(token: string): Promise<Caller> {
    const keysBefore = keys.known();
    const payload = await checkWithNewKeys(token);
    const caller = callerOfClaims(payload);
    if (caller === undefined) throw invalidCredential('The access token has no subject.');
    // If the keys were fetched meanwhile, nobody knows which of them verified the token.
    if (keysBefore !== undefined && keysBefore === keys.known())
      verified.add(digest(token), { caller, exp: payload.exp ?? 0, keys: keysBefore });
    return caller;
  }

  return {
    keysAge: keys.age,
    // A failure is logged, and the first client causes another attempt.
    prepare: () => void keys.current().catch(() => {}),
    async verify(token) {
      try {
        return (await recall(token)) ?? (await verify(token));
      } catch (error) {
        throw toProblem(error);
      }
    },
  };
}

function ignoreWrongSignature(error: unknown): undefined {
  if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
}

/** What was found out about a token. Checking a signature takes more CPU than the rest of a request. */
interface Verified {
  readonly caller: Caller;
  /** Seconds since 1970. */
  readonly exp: number;
  /** The issuer's keys that verified it. */
  readonly keys: IssuerKeySet;
}

/** A token that cannot be verified is invalid, whatever the library throws. If the issuer is unavailable, it may be valid. */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof KeysUnreachableError) {
    const detail = "The token issuer's keys are unavailable. Nothing was applied.";
    return new Problem('unavailable', detail, { cause: error, headers: RETRY_AFTER });
  }
  const known = error instanceof errors.JOSEError ? DETAILS[error.code] : undefined;
  return invalidCredential(known ?? 'The access token is invalid.', error);
}
