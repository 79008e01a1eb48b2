/** Cursors as opaque texts: each holds a position and a checksum over it and over what the page was asked for. */

import { crc32 } from 'node:zlib';
import { Problem } from './problem.ts';

/** Bytes of the checksum, which stand before the position. */
const CHECKSUM_SIZE = 4;

/** A checksum, not a signature: a forged cursor can only start a page elsewhere, which its maker may do anyway. */
function checksum(position: string, madeFor: readonly unknown[]): Buffer {
  const bytes = Buffer.alloc(CHECKSUM_SIZE);
  bytes.writeUInt32BE(crc32(JSON.stringify([position, ...madeFor])));
  return bytes;
}

/** @param madeFor what a cursor must be used with again, as JSON can say it. */
export function sealCursor(position: unknown, madeFor: readonly unknown[]): string {
  const text = JSON.stringify(position);
  return Buffer.concat([checksum(text, madeFor), Buffer.from(text)]).toString('base64url');
}

/**
 * Throws a {@link Problem} `invalid-cursor`.
 * @param fits what the position must be: the checksum keeps accidents out, this keeps out what a forger could put into a query.
 */
export function unsealCursor<Position>(
  cursor: string,
  madeFor: readonly unknown[],
  fits: (position: unknown) => position is Position,
): Position {
  const bytes = Buffer.from(cursor, 'base64url');
  const text = bytes.subarray(CHECKSUM_SIZE).toString();
  const intact =
    bytes.toString('base64url') === cursor &&
    checksum(text, madeFor).equals(bytes.subarray(0, CHECKSUM_SIZE));
  const position = intact ? parse(text) : undefined;
  if (fits(position)) return position;
  throw new Problem('invalid-cursor', 'The cursor was altered, or made for another filter or sort.', {
    errors: [{ parameter: 'cursor', detail: 'must be taken unchanged from a Link of the same list' }],
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
