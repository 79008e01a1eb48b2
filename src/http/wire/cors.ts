/**
 * CORS (https://fetch.spec.whatwg.org/#http-cors-protocol): browsers let pages of other origins read responses only if
 * the configuration names the origin.
 */

import type { FastifyCorsOptions, FastifyCorsOptionsDelegateCallback } from '@fastify/cors';
import type { AllowedMethods } from '../contract/allowed-methods.ts';

/** What such a page may send. Not cookies: nothing here reads them. */
const REQUEST_FIELDS =
  'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Api-Key, X-Request-Id';

/** What such a page may read besides the body and the header fields that are always readable. */
const RESPONSE_FIELDS =
  'Content-Disposition, ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id, X-Total-Count';

/** Seconds for which a browser may cache a preflight. Chromium caps it at this. */
const PREFLIGHT_SECONDS = 7200;

/**
 * Options for `@fastify/cors`. Its own reply to an OPTIONS request that is no preflight would be a text, and it would
 * offer the same methods on every path, so only preflights for existing paths are left to it.
 * @param origins exactly as browsers send them.
 */
export function corsDelegator(
  origins: readonly string[],
  methods: AllowedMethods,
): FastifyCorsOptionsDelegateCallback {
  return (request, done) => {
    const { origin, 'access-control-request-method': asksFor } = request.headers;
    if (origin === undefined || !origins.includes(origin)) return done(null, { origin: false });
    const isPreflight = request.method === 'OPTIONS' && asksFor !== undefined;
    const allowed = isPreflight ? methods.of(request) : undefined;
    const options: FastifyCorsOptions = {
      origin,
      exposedHeaders: RESPONSE_FIELDS,
      allowedHeaders: REQUEST_FIELDS,
      maxAge: PREFLIGHT_SECONDS,
      preflight: allowed !== undefined,
      ...(allowed !== undefined && { methods: allowed }),
    };
    done(null, options);
  };
}
