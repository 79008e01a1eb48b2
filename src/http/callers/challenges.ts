/** The answers to callers who are not let in, with what they have to bring (RFC 9110, section 11.6.1; RFC 6750, section 3). */

import type { Scope } from '../../callers/caller.ts';
import { Problem } from '../contract/problem.ts';

const CHALLENGE = 'Bearer realm="cars-api"';

/** 401 for a request without a credential. */
export function credentialMissing(): Problem {
  return new Problem('unauthenticated', 'The request carries no credential.', {
    headers: { 'www-authenticate': CHALLENGE },
  });
}

/** 401 for a credential that is not accepted. */
export function credentialRefused(detail: string, cause?: unknown): Problem {
  return new Problem('unauthenticated', detail, {
    headers: { 'www-authenticate': `${CHALLENGE}, error="invalid_token"` },
    cause,
  });
}

/** 403 for a caller who is known, and may not do this. */
export function scopeMissing(scope: Scope): Problem {
  return new Problem('forbidden', `The caller lacks the scope ${scope}.`, {
    headers: { 'www-authenticate': `${CHALLENGE}, error="insufficient_scope", scope="${scope}"` },
  });
}
