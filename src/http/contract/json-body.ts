/** Bodies: JSON in UTF-8, decoded strictly (RFC 8259, section 8.1). */

import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses a body that must be an object. Throws a {@link Problem}; the parser's own message would tell of the text. Where
 * no body is expected none is read: some callers name a Content-Type with every DELETE (RFC 9110, section 9.3.5).
 */
export async function readJsonBody(request: FastifyRequest, body: Buffer): Promise<object | undefined> {
  if (request.routeOptions.schema?.body === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(body));
  } catch {
    throw new Problem('bad-request', 'The body is not JSON in UTF-8.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const errors = [{ pointer: '', detail: 'must be an object' }];
    throw new Problem('invalid-car', 'The body must be an object.', { errors });
  }
  return value;
}

/** A compressed body is not decoded, so it is not taken for something else (RFC 9110, section 15.5.16). */
export function refuseEncodedBody({ method, headers }: IncomingMessage): void {
  const { 'content-encoding': content } = headers;
  const isRead = method !== 'GET' && method !== 'HEAD';
  if (isRead && content !== undefined && content.toLowerCase() !== 'identity') {
    throw new Problem('unsupported-media-type', 'A body must not be compressed.', {
      headers: { 'accept-encoding': 'identity' },
    });
  }
}
