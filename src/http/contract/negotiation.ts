/** Content negotiation: each path has one representation, which `Accept` must allow (RFC 9110, section 12.5.1). */

import Negotiator from 'negotiator';
import { Problem } from './problem.ts';

/** Throws a {@link Problem} `not-acceptable`. What nearly every client sends is told without parsing. */
export function checkAcceptable(accept: string | undefined, produces: string): void {
  if (accept === undefined || accept === '*/*' || accept === produces) return;
  if (new Negotiator({ headers: { accept } }).mediaType([produces]) === undefined) {
    throw new Problem('not-acceptable', `This path answers with ${produces} only.`);
  }
}
