/** Verifies access tokens: JWTs of one issuer (RFC 7519, RFC 9068, RFC 8725). Loaded only if the configuration uses them. */

import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { callerOfClaims } from '../../callers/claims.ts';
import type { JwtConfig } from '../../config/auth.ts';
import { Problem, RETRY_AFTER } from '../contract/problem.ts';
import { invalidCredential, type VerifyToken } from './authentication.ts';
import { createIssuerKeys } from './issuer-keys.ts';

/** Seconds by which the issuer's clock and ours may differ. */
const CLOCK_TOLERANCE = 5;

/** What is wrong with a token, where its client can do something about it. */
const DETAILS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'The access token has expired.',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'A claim of the access token is not accepted.',
  ERR_JOSE_ALG_NOT_ALLOWED: 'The signature algorithm of the access token is not accepted.',
};

export function createTokenVerifier({ issuer, audience, algorithms, jwksUrl }: JwtConfig): VerifyToken {
  const findKey = unavailableWithoutKeys(createIssuerKeys(issuer, jwksUrl));
  const rules = {
    issuer,
    audience,
    algorithms: [...algorithms],
    requiredClaims: ['exp'],
    clockTolerance: CLOCK_TOLERANCE,
  };
  return async (token) => {
    const { payload } = await jwtVerify(token, findKey, rules).catch((error: unknown) => {
      if (!(error instanceof errors.JOSEError)) throw error;
      throw invalidCredential(DETAILS[error.code] ?? 'The access token is invalid.', error);
    });
    const caller = callerOfClaims(payload);
    if (caller === undefined) throw invalidCredential('The access token has no subject.');
    return caller;
  };
}

/** If the issuer cannot be reached, the client is not at fault. */
function unavailableWithoutKeys(find: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      return await find(header, token);
    } catch (error) {
      const isFaultOfToken =
        error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys ||
        error instanceof errors.JOSENotSupported;
      if (isFaultOfToken) throw error;
      const detail = "The token issuer's keys are unavailable. Nothing was applied.";
      throw new Problem('unavailable', detail, { cause: error, headers: RETRY_AFTER });
    }
  };
}
