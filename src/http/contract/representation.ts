/**
 * Responses that many clients share: compressed once for all of them, with a weak entity tag to revalidate them by.
 *
 * Only for content without secrets. If a response held a secret beside a text of another client, its compressed size would
 * reveal the secret bit by bit (BREACH). So histories, which name callers and their request ids, are never compressed.
 */

import { hash } from 'node:crypto';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

type Coding = 'br' | 'gzip';

export interface Representation {
  readonly content: string | Buffer;
  readonly etag: string;
  /** Compresses the content when it is first asked for. */
  encode(coding: Coding): Buffer;
}

/** Compressing less than this many bytes saves no packet. */
const MIN_SIZE = 1024;

/** How hard to compress. Lists change all the time. Assets are compressed once. Measured: 200 cars (12 KB) become 2.2 KB in 0.05 ms. */
export const EFFORT = { list: { br: 2, gzip: 2 }, asset: { br: 5, gzip: 6 } } as const;

export function createRepresentation(
  content: string | Buffer,
  effort: Readonly<Record<Coding, number>> = EFFORT.asset,
): Representation {
  const encoded = new Map<Coding, Buffer>();
  return {
    content,
    etag: weakTag(content),
    encode(coding) {
      const known = encoded.get(coding);
      if (known !== undefined) return known;
      const compressed =
        coding === 'br' ? brotli(content, effort.br) : gzipSync(content, { level: effort.gzip });
      encoded.set(coding, compressed);
      return compressed;
    },
  };
}

/** A weak entity tag: it is the same for every content coding (RFC 9110, section 8.8.1). */
function weakTag(content: string | Buffer): string {
  return `W/"${hash('sha256', content, 'base64url').slice(0, 22)}"`;
}

function brotli(content: string | Buffer, quality: number): Buffer {
  return brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
}

/** Sends the content in a coding that the client accepts, or 304 if the client has it. The caller sets the media type. */
export function sendRepresentation(
  request: FastifyRequest,
  reply: FastifyReply,
  representation: Representation,
): FastifyReply {
  const { content, etag } = representation;
  reply.header('etag', etag);
  addVary(reply, 'Accept-Encoding');
  if (hasCurrent(request, etag)) return sendNotModified(reply);
  const coding = content.length < MIN_SIZE ? undefined : preferredCoding(request.headers['accept-encoding']);
  if (coding === undefined) return reply.send(content);
  return reply.header('content-encoding', coding).send(representation.encode(coding));
}

/** Sends JSON that must not be compressed, or 304 if the client has it. */
export function sendJson(request: FastifyRequest, reply: FastifyReply, text: string): FastifyReply {
  const etag = weakTag(text);
  reply.header('etag', etag);
  return hasCurrent(request, etag)
    ? sendNotModified(reply)
    : reply.type('application/json; charset=utf-8').send(text);
}

function sendNotModified(reply: FastifyReply): FastifyReply {
  reply.removeHeader('content-type');
  return reply.code(304).send();
}

/** Whether If-None-Match lists the tag, compared weakly (RFC 9110, section 13.1.2). */
function hasCurrent(request: FastifyRequest, etag: string): boolean {
  const field = request.raw.headers['if-none-match'];
  if (field === undefined) return false;
  if (field === '*') return true;
  const opaque = etag.replace('W/', '');
  return field.split(',').some((tag) => tag.trim().replace(/^W\//, '') === opaque);
}

/** The best coding that a client accepts (RFC 9110, section 12.5.3); undefined for none. */
export function preferredCoding(field: string | undefined): Coding | undefined {
  if (field === undefined || field === '') return undefined;
  const weights = new Map(field.split(',').map(readCoding));
  const weightOf = (coding: Coding) => weights.get(coding) ?? weights.get('*') ?? 0;
  const [br, gzip] = [weightOf('br'), weightOf('gzip')];
  if (br > 0 && br >= gzip) return 'br';
  return gzip > 0 ? 'gzip' : undefined;
}

function readCoding(member: string): [string, number] {
  const [coding = '', ...parameters] = member.toLowerCase().split(';');
  const weight = parameters.map((text) => text.trim()).find((text) => text.startsWith('q='));
  return [coding.trim(), weight === undefined ? 1 : Number(weight.slice(2)) || 0];
}

export function addVary(reply: FastifyReply, field: string): void {
  const others = reply.getHeader('vary');
  reply.header('vary', others === undefined ? field : `${others}, ${field}`);
}
