/** The media types of request bodies that a route accepts, and the header field that lists them. */

import type { FastifySchema } from 'fastify';

/** By method (LDP 1.0, section 7.1; RFC 5789, section 2.2). */
const FIELDS: Readonly<Record<string, string>> = { POST: 'accept-post', PATCH: 'accept-patch' };

export function acceptedTypes(schema: FastifySchema | undefined): readonly string[] {
  return schema?.consumes ?? ['application/json'];
}

/** Accept-Post, Accept-Patch, or else Accept (RFC 9110, section 12.5.1). */
export function acceptedTypesHeader(method: string, schema: FastifySchema | undefined) {
  return { [FIELDS[method] ?? 'accept']: acceptedTypes(schema).join(', ') };
}
