/** Rejects requests that repeat a header field which may occur only once (RFC 9110, section 5.3). */

import type { IncomingMessage } from 'node:http';
import { Problem } from '../contract/problem.ts';

/**
 * The request header fields that are not lists. Node joins some of them with a comma and keeps the first of others, so a
 * proxy and this service could each see another value. If-Match and If-None-Match are missing because they are lists;
 * Content-Length because Node's parser rejects a second one.
 */
const SINGLETONS = new Set([
  ...['access-control-request-method', 'authorization', 'content-location', 'content-range', 'content-type'],
  ...['date', 'from', 'host', 'idempotency-key', 'if-modified-since', 'if-range', 'if-unmodified-since'],
  ...['max-forwards', 'origin', 'proxy-authorization', 'range', 'referer', 'traceparent', 'user-agent'],
  ...['x-api-key', 'x-request-id'],
]);

/** Throws a {@link Problem} that names the field. */
export function rejectRepeatedFields({ headers, rawHeaders }: IncomingMessage): void {
  // `headers` has one member for each name. If no field is missing there, none is repeated.
  let names = 0;
  for (const _ in headers) names += 1;
  if (names * 2 === rawHeaders.length) return;
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const field = rawHeaders[index] ?? '';
    const name = field.toLowerCase();
    if (!SINGLETONS.has(name)) continue;
    if (seen.has(name)) throw new Problem('bad-request', `The header field ${field} is repeated.`);
    seen.add(name);
  }
}
