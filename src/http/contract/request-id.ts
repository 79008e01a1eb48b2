/** Each request's id: the caller's own where it can be logged and echoed safely, else a new one. */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** 1 to 128 visible ASCII characters. */
const ACCEPTABLE = /^[\x21-\x7e]{1,128}$/;

export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && ACCEPTABLE.test(given) ? given : randomUUID();
}
