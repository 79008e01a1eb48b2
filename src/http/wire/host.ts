/** Checks the Host header: present, one that names a host (RFC 9112, section 3.2), and this machine on loopback. */

import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { namesThisMachine } from '../../config/loopback.ts';
import { Problem } from '../contract/problem.ts';

/** The characters of a host and a port (RFC 3986, section 3.2.2). */
const HOST = /^[\w.~!$&'()*+,;=%:[\]-]*$/;

/** The host of a target in absolute form, which counts instead of the header (RFC 9112, section 3.2.2). */
const TARGET_HOST = /^https?:\/\/([^/?]*)/i;

/** Throws a {@link Problem} for a request to another name than this machine's. */
export function requireLoopbackName({ originalUrl, headers }: FastifyRequest): void {
  const host = originalUrl.startsWith('/')
    ? headers.host
    : (TARGET_HOST.exec(originalUrl)?.[1] ?? headers.host);
  if (host === undefined || namesThisMachine(host)) return;
  throw new Problem('misdirected-request', 'The Host header must name this machine, for example localhost.');
}

/** Throws a {@link Problem}. A second Host is rejected before, like every repeated field. */
export function checkHost({ headers: { host }, httpVersion }: IncomingMessage): void {
  if (host === undefined) {
    if (httpVersion === '1.0') return;
    throw new Problem('bad-request', 'The Host header is missing.');
  }
  if (!HOST.test(host)) throw new Problem('bad-request', 'The Host header must name one host.');
}
