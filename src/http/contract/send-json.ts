/**
 * Answers of the routes that carry the load, written to Node's response in one step. Fastify's own way would copy each
 * header field and run hooks for each answer (docs/decisions/0007-throughput.md has what that costs).
 */

import type { FastifyReply } from 'fastify';
import { limitFields } from '../callers/rate-limits.ts';
import { SECURITY_HEADERS } from './response-headers.ts';

const ALWAYS: readonly string[] = [
  ...Object.entries(SECURITY_HEADERS).flat(),
  ...['content-type', 'application/json; charset=utf-8'],
];

/**
 * Writes `value` with the serialiser of the route's schema for `status`.
 * @param headers names and values in turn, beside those of every answer.
 */
export function sendJson(
  reply: FastifyReply,
  status: 200 | 201,
  value: object,
  headers: readonly string[],
): FastifyReply {
  return sendSerialised(reply, status, serialise(reply, status, value), headers);
}

/** Writes what {@link serialise} made. */
export function sendSerialised(
  reply: FastifyReply,
  status: 200 | 201,
  body: string,
  headers: readonly string[],
): FastifyReply {
  const { raw, request, server } = reply;
  const length = Buffer.byteLength(body);
  reply.hijack();
  raw.writeHead(status, [
    ...ALWAYS,
    ...['x-request-id', request.id, 'content-length', String(length)],
    ...limitFields(request),
    ...headers,
  ]);
  raw.end(body);
  server.logRequest(request, reply, length);
  return reply;
}

/** The text of `value` by the route's schema, which picks and orders the members. */
export function serialise(reply: FastifyReply, status: 200 | 201, value: object): string {
  const serialiser = reply.getSerializationFunction(String(status), 'application/json');
  if (serialiser === undefined) throw new Error(`the route has no schema for ${status}`);
  // Its type leaves arrays out.
  return serialiser(value as Record<string, unknown>);
}
