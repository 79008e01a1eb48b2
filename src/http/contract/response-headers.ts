/** Header fields of every response. */

import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * What a JSON API needs (OWASP REST Security Cheat Sheet): no sniffing, no framing, no caching without revalidation, and
 * a browser that shows a response as a page runs nothing. Left out: Strict-Transport-Security, which is for the load
 * balancer that ends TLS (RFC 6797, section 7.2), and X-Frame-Options, which `frame-ancestors` replaces.
 */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
} as const;

/** Sets the header fields of every response. A route may replace them. */
export function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
}
