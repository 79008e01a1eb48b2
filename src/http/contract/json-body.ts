/** Parses request bodies: JSON in UTF-8, decoded strictly (RFC 8259, section 8.1). */

import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses a body that must be an object. Throws a {@link Problem}, because the parser's own message would quote the body.
 * A route without a body ignores it: some clients send a Content-Type with every DELETE (RFC 9110, section 9.3.5).
 */
export async function readJsonBody(request: FastifyRequest, body: Buffer): Promise<object | undefined> {
  if (request.routeOptions.schema?.body === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(body));
  } catch {
    throw new Problem('bad-request', 'The body is not valid JSON in UTF-8.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const errors = [{ pointer: '', detail: 'must be an object' }];
    throw new Problem('invalid-car', 'The body must be a JSON object.', { errors });
  }
  return value;
}
