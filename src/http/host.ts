/** The header field Host: exactly one, and one that names a host (RFC 9112, section 3.2). */

import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.ts';

/** What a host and a port can be made of (RFC 3986, section 3.2.2). */
const HOST = /^[\w.~!$&'()*+,;=%:[\]-]*$/;

/** Throws a {@link Problem}. Two fields of this name are how a request says one host to a proxy and another to us. */
export function checkHost({ headers: { host }, httpVersion, rawHeaders }: IncomingMessage): void {
  if (host === undefined) {
    if (httpVersion === '1.0') return;
    throw new Problem('bad-request', 'The header field Host is missing.');
  }
  const fields = rawHeaders.filter(
    (name, index) => index % 2 === 0 && name.length === 4 && name.toLowerCase() === 'host',
  );
  if (fields.length > 1 || !HOST.test(host)) {
    throw new Problem('bad-request', 'The header field Host must name one host.');
  }
}
