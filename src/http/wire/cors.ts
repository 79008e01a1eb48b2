/**
 * Pages of other origins (the Fetch standard, https://fetch.spec.whatwg.org/#http-cors-protocol): browsers let them read
 * answers only where the configuration names their origin. Written on Node's response, because some answers go past Fastify.
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { methodsAt } from '../contract/allowed-methods.ts';

/** What such a page may send. Credentials that a browser adds by itself (cookies) are not among it: nothing here reads them. */
const REQUEST_FIELDS =
  'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Api-Key, X-Request-Id';

/** What such a page may read besides the body and what it may always read. */
const ANSWER_FIELDS =
  'ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id, X-Total-Count';

/** Seconds for which a browser need not ask again; Chromium takes no more than this. */
const PREFLIGHT_LIFE = '7200';

export interface Cors {
  /** Marks the answer as one that depends on the origin, and as readable where that is allowed. */
  mark(request: FastifyRequest, reply: FastifyReply): void;
  /** Answers what a browser asks before a call; false when the request is something else, or its origin is not allowed. */
  answerPreflight(server: object, request: FastifyRequest, reply: FastifyReply): boolean;
}

/** @param origins exactly as browsers send them; where there is none, everything here does nothing. */
export function createCors(origins: readonly string[]): Cors {
  const allowed = new Set(origins);
  const isAllowed = ({ headers: { origin } }: FastifyRequest) => origin !== undefined && allowed.has(origin);

  return {
    mark(request, { raw }) {
      if (allowed.size === 0) return;
      raw.setHeader('vary', 'Origin');
      if (!isAllowed(request)) return;
      raw.setHeader('access-control-allow-origin', String(request.headers.origin));
      raw.setHeader('access-control-expose-headers', ANSWER_FIELDS);
    },

    answerPreflight(server, request, reply) {
      const asks = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
      if (!asks || !isAllowed(request)) return false;
      const methods = methodsAt(server, request);
      if (methods === undefined) return false;
      reply.code(204).headers({
        'access-control-allow-methods': methods,
        'access-control-allow-headers': REQUEST_FIELDS,
        'access-control-max-age': PREFLIGHT_LIFE,
      });
      reply.send();
      return true;
    },
  };
}
