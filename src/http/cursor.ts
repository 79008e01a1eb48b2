/** Cursors: where a page starts, as an opaque text that only fits the filter and the sort it was made for. */

import { crc32 } from 'node:zlib';
import { textKey } from '../cars/car.ts';
import type { CarFilter, PagePosition, SortTerm } from '../cars/car-list.ts';
import { Problem } from './problem.ts';

/** Bytes of the checksum, which stand before the position. */
const CHECKSUM_SIZE = 4;

/** A checksum, not a signature: a forged cursor can only start a page elsewhere, which its maker may do anyway. */
function checksum(position: string, sort: readonly SortTerm[], filter: CarFilter): Buffer {
  const { brand, model, year, yearMin, yearMax } = filter;
  const key = (text: string | undefined) => (text === undefined ? null : textKey(text));
  const made = JSON.stringify([
    position,
    sort,
    key(brand),
    key(model),
    year ?? null,
    yearMin ?? null,
    yearMax ?? null,
  ]);
  const bytes = Buffer.alloc(CHECKSUM_SIZE);
  bytes.writeUInt32BE(crc32(made));
  return bytes;
}

export function encodeCursor(position: PagePosition, sort: readonly SortTerm[], filter: CarFilter): string {
  const text = JSON.stringify(position);
  return Buffer.concat([checksum(text, sort, filter), Buffer.from(text)]).toString('base64url');
}

/** Throws a {@link Problem} `invalid-cursor`. */
export function decodeCursor(cursor: string, sort: readonly SortTerm[], filter: CarFilter): PagePosition {
  const bytes = Buffer.from(cursor, 'base64url');
  const text = bytes.subarray(CHECKSUM_SIZE).toString();
  const intact =
    bytes.toString('base64url') === cursor &&
    checksum(text, sort, filter).equals(bytes.subarray(0, CHECKSUM_SIZE));
  const position = intact ? parsePosition(text, sort) : undefined;
  if (position === undefined) {
    throw new Problem('invalid-cursor', 'The cursor was altered, or made for another filter or sort.', {
      errors: [{ parameter: 'cursor', detail: 'must be taken unchanged from a Link of the same list' }],
    });
  }
  return position;
}

/** The checksum keeps accidents out, this one keeps out what a forger could put into a query. */
function parsePosition(text: string, sort: readonly SortTerm[]): PagePosition | undefined {
  let position: unknown;
  try {
    position = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(position) || position.length !== sort.length) return undefined;
  const fits = sort.every(({ field }, index) =>
    field === 'brand' || field === 'model'
      ? typeof position[index] === 'string'
      : Number.isSafeInteger(position[index]),
  );
  return fits ? position : undefined;
}
