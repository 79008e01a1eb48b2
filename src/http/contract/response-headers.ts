/** Header fields of every answer. */

/**
 * What an API that answers JSON needs (OWASP REST Security Cheat Sheet): nothing is sniffed, framed, or kept by a
 * cache that does not ask again, and a browser that shows an answer as a page loads and runs nothing for it. What it and
 * Helmet name besides is left out: Strict-Transport-Security is for whoever speaks TLS (RFC 6797, section 7.2), the load
 * balancer; `frame-ancestors` has replaced X-Frame-Options; the rest is about pages with scripts, or browsers that are gone.
 */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
} as const;

/** Those of a problem document that is written past Fastify. */
export function problemHeaders(body: string, requestId: string) {
  return {
    ...SECURITY_HEADERS,
    'cache-control': 'no-store',
    'x-request-id': requestId,
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
  };
}
