/** Parses request bodies: JSON in UTF-8, decoded strictly (RFC 8259, section 8.1). */

import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { Problem, unsupportedType } from './problem.ts';

/** A parameter `charset` of a Content-Type, with its value, which may be quoted. */
const CHARSET = /;\s*charset\s*=\s*([^;\s]*)/gi;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses a body that must be an object. Throws a {@link Problem}, because the parser's own message would quote the body.
 * A route without a body ignores it (RFC 9110, section 9.3.5).
 */
export async function readJsonBody(request: FastifyRequest, body: Buffer): Promise<object | undefined> {
  if (request.routeOptions.schema?.body === undefined) return undefined;
  checkCharset(request);
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

/**
 * Parses bodies of all other types: rejects them where a body is read, and else ignores them, because some clients send a
 * Content-Type with every DELETE.
 */
export async function rejectOtherBody(request: FastifyRequest, payload: Readable): Promise<undefined> {
  if (request.routeOptions.schema?.body === undefined) return void payload.resume();
  const isMissing = request.headers['content-type'] === undefined;
  throw unsupportedType(
    request,
    isMissing ? 'Content-Type is missing.' : 'This path does not support this Content-Type.',
  );
}

/**
 * Throws a {@link Problem} for another charset than UTF-8. JSON defines no parameters, so all others are ignored (RFC 8259,
 * section 11).
 */
export function checkCharset(request: FastifyRequest): void {
  const type = request.headers['content-type'] ?? '';
  // Most clients send no parameter.
  if (!type.includes(';')) return;
  for (const [, charset = ''] of type.matchAll(CHARSET)) {
    if (!/^("?)utf-?8\1$/i.test(charset)) throw unsupportedType(request, 'The charset must be UTF-8.');
  }
}
