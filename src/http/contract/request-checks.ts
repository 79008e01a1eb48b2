/** Checks of every request before its body is read: its URL, compression and `Accept`. Also its request id. */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { LIMITS } from '../limits.ts';
import { checkAcceptable } from './accept.ts';
import { Problem } from './problem.ts';

/** 1 to 128 visible ASCII characters, which are safe to log and to return. */
const SAFE_ID = /^[\x21-\x7e]{1,128}$/;

/** The client's own request id if it is safe, else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && SAFE_ID.test(given) ? given : randomUUID();
}

/** Replaces a URL whose path cannot be decoded. The blank keeps it apart from every URL a request can have. */
const UNDECODABLE = '/ ';

/** Replaces what is no URL that a request may have. */
const ILLEGAL = '/  ';

/** The target of an OPTIONS request about the whole service (RFC 9110, section 9.3.7). */
export const WHOLE_SERVICE = '*';

/** Scheme and host of a target in absolute form, without a user (RFC 9110, sections 4.2.1 and 4.2.4). */
const ORIGIN = /^https?:\/\/[\w.~!$&'()*+,;=%:[\]-]+(?:\/|(?=\?)|$)/i;

/**
 * The URL to route, for Fastify's `rewriteUrl`: without the origin if the target is in absolute form (RFC 9112,
 * section 3.2.2). No form has a fragment. Fastify answers an undecodable path outside of all hooks, so it is replaced and
 * rejected by {@link checkRequest}.
 */
export function routableUrl({ method, url: target = '/' }: Pick<IncomingMessage, 'method' | 'url'>): string {
  if (target === WHOLE_SERVICE && method === 'OPTIONS') return target;
  const url = target.startsWith('/') ? target : target.replace(ORIGIN, '/');
  if (!url.startsWith('/') || url.includes('#')) return ILLEGAL;
  return url.includes('%') && !isDecodable(pathOf(url)) ? UNDECODABLE : url;
}

/** A URL without its query. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * Throws a {@link Problem} for a request that no route accepts.
 * @param produces the media type of the route's responses, if `Accept` must allow it.
 */
export function checkRequest(request: FastifyRequest, produces: string | undefined): void {
  if (request.url === UNDECODABLE) {
    throw new Problem('bad-request', 'The path is not valid percent-encoded UTF-8.');
  }
  if (request.url === ILLEGAL) {
    throw new Problem(
      'bad-request',
      'The request target must be a path, or an http URL, without a fragment.',
    );
  }
  if (request.url.length > LIMITS.targetSize) {
    throw new Problem('uri-too-long', `The URL is longer than ${LIMITS.targetSize} bytes.`);
  }
  // A route without a body ignores it, whatever it is.
  if (request.routeOptions.schema?.body !== undefined) rejectCompressedBody(request.raw);
  if (produces !== undefined) checkAcceptable(request.headers.accept, produces);
}

/** Compressed bodies are not supported (RFC 9110, section 15.5.16). */
function rejectCompressedBody({ headers }: IncomingMessage): void {
  const { 'content-encoding': encoding } = headers;
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new Problem('unsupported-media-type', 'The body must not be compressed.', {
      headers: { 'accept-encoding': 'identity' },
    });
  }
}
