/** The header field Host: exactly one, and one that names a host (RFC 9112, section 3.2). */

import type { IncomingMessage } from 'node:http';
import { Problem } from '../contract/problem.ts';

/** What a host and a port can be made of (RFC 3986, section 3.2.2). */
const HOST = /^[\w.~!$&'()*+,;=%:[\]-]*$/;

/** Throws a {@link Problem}. Two fields of this name are how a request says one host to a proxy and another to us. */
export function checkHost({ headers: { host }, httpVersion, rawHeaders }: IncomingMessage): void {
  if (host === undefined) {
    if (httpVersion === '1.0') return;
    throw new Problem('bad-request', 'The header field Host is missing.');
  }
  // Node keeps the first of several, so they are counted as they came.
  let fields = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && (name === 'Host' || name.toLowerCase() === 'host')) fields += 1;
  }
  if (fields > 1 || !HOST.test(host)) {
    throw new Problem('bad-request', 'The header field Host must name one host.');
  }
}
