/** What an error means, in the visitor's language. The service explains in English only. */

import { MissingEtagError, ProblemError, UnreachableError } from '../api/problem.ts';
import { formatWait, texts } from '../texts/texts.ts';

/** Seconds, if a proxy limits requests and does not say for how long. */
const DEFAULT_WAIT = 60;

export function describeError(error: unknown): string {
  const { errors, session } = texts.value;
  if (error instanceof UnreachableError) return errors.unreachable;
  if (error instanceof MissingEtagError) return errors.noEtag;
  if (!(error instanceof ProblemError)) return errors.unexpected;
  switch (error.code) {
    case 'unavailable':
      return errors.unavailable;
    case 'too-many-requests':
      return errors.tooManyRequests(formatWait(error.retryAfter ?? DEFAULT_WAIT));
    case 'forbidden':
      return errors.forbidden;
    case 'storage-full':
      return errors.storageFull;
    case 'outcome-unknown':
      return errors.outcomeUnknown;
    case 'uri-too-long':
      return errors.uriTooLong;
    case 'idempotency-key-reused':
      return errors.keyReused;
    case 'unauthenticated':
      return session.expired;
    case 'internal':
      return errors.internal;
    default:
      return error.problem.detail;
  }
}

/** The page of the service that explains the error, if it is one of the service's own. */
export function explanationOf(error: unknown): string | undefined {
  const type = error instanceof ProblemError ? error.problem.type : '';
  return type.startsWith('/docs/problems/') ? type : undefined;
}
