/** Checks the Host header: exactly one, and one that names a host (RFC 9112, section 3.2). */

import type { IncomingMessage } from 'node:http';
import { Problem } from '../contract/problem.ts';

/** The characters of a host and a port (RFC 3986, section 3.2.2). */
const HOST = /^[\w.~!$&'()*+,;=%:[\]-]*$/;

/** Throws a {@link Problem}. With two Host headers, a proxy and this service could each see another host. */
export function checkHost({ headers: { host }, httpVersion, rawHeaders }: IncomingMessage): void {
  if (host === undefined) {
    if (httpVersion === '1.0') return;
    throw new Problem('bad-request', 'The Host header is missing.');
  }
  // Node keeps only the first of several, so count them in the raw list.
  let fields = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && (name === 'Host' || name.toLowerCase() === 'host')) fields += 1;
  }
  if (fields > 1 || !HOST.test(host)) {
    throw new Problem('bad-request', 'The Host header must name one host.');
  }
}
