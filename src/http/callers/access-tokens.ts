/** Access tokens: JWTs of one issuer (RFC 7519, RFC 9068, RFC 8725). Loaded only where the configuration asks for them. */

import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { callerOfClaims } from '../../callers/claims.ts';
import type { JwtConfig } from '../../config/auth.ts';
import { Problem, RETRY_AFTER } from '../contract/problem.ts';
import type { VerifyToken } from './authentication.ts';
import { credentialRefused } from './challenges.ts';
import { createIssuerKeys } from './issuer-keys.ts';

/** Seconds by which the issuer's clock and ours may differ. */
const CLOCK_TOLERANCE = 5;

/** What is wrong with a token, where its caller can do something about it. */
const DETAILS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'The access token has expired.',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'A claim of the access token is not as it must be here.',
  ERR_JOSE_ALG_NOT_ALLOWED: 'The access token is signed with an algorithm that is not accepted here.',
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
      throw credentialRefused(DETAILS[error.code] ?? 'The access token is not valid.', error);
    });
    const caller = callerOfClaims(payload);
    if (caller === undefined) throw credentialRefused('The access token does not say whose it is.');
    return caller;
  };
}

/** That the issuer cannot be asked is no fault of the caller's. */
function unavailableWithoutKeys(find: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      return await find(header, token);
    } catch (error) {
      const isOfToken =
        error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys ||
        error instanceof errors.JOSENotSupported;
      if (isOfToken) throw error;
      const detail = 'The issuer of access tokens cannot be asked for its keys now. Nothing was applied.';
      throw new Problem('unavailable', detail, { cause: error, headers: RETRY_AFTER });
    }
  };
}
