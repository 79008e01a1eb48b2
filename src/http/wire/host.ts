/** Checks the Host header: present, and one that names a host (RFC 9112, section 3.2). */

import type { IncomingMessage } from 'node:http';
import { Problem } from '../contract/problem.ts';

/** The characters of a host and a port (RFC 3986, section 3.2.2). */
const HOST = /^[\w.~!$&'()*+,;=%:[\]-]*$/;

/** Throws a {@link Problem}. A second Host is rejected before, like every repeated field. */
export function checkHost({ headers: { host }, httpVersion }: IncomingMessage): void {
  if (host === undefined) {
    if (httpVersion === '1.0') return;
    throw new Problem('bad-request', 'The Host header is missing.');
  }
  if (!HOST.test(host)) throw new Problem('bad-request', 'The Host header must name one host.');
}
