/** Cursors: opaque texts that hold the position where a page starts, and a checksum. */

import { crc32 } from 'node:zlib';
import { FIELD_TYPES, textKey } from '../../cars/car.ts';
import { type CarFilter, filterKeys, type PagePosition, type SortTerm } from '../../cars/car-list.ts';
import { Problem } from './problem.ts';

/** Bytes of the checksum, which precedes the position. */
const CHECKSUM_SIZE = 4;

/** A cursor of `GET /cars`. It is valid only for the same filter and sort. */
export function encodeCursor(position: PagePosition, sort: readonly SortTerm[], filter: CarFilter): string {
  return sealCursor(position, listQuery(sort, filter));
}

/** Throws a {@link Problem} `invalid-cursor`. */
export function decodeCursor(cursor: string, sort: readonly SortTerm[], filter: CarFilter): PagePosition {
  return unsealCursor(cursor, listQuery(sort, filter), (position): position is PagePosition =>
    isPosition(position, sort),
  );
}

/** What the checksum of a list's cursor covers besides the position. */
function listQuery(sort: readonly SortTerm[], { q, ...filter }: CarFilter): unknown[] {
  // Their order is part of the checksum: a new filter goes last.
  const values: Record<Exclude<keyof CarFilter, 'q'>, unknown> = {
    brand: keysOf(filter.brand),
    model: keysOf(filter.model),
    year: keysOf(filter.year),
    yearMin: filter.yearMin ?? null,
    yearMax: filter.yearMax ?? null,
  };
  // Only if it is given: cursors of releases without it stay valid.
  return [sort, ...Object.values(values), ...(q === undefined ? [] : [textKey(q)])];
}

/** One value stands for itself, as in releases that knew no lists of values. */
function keysOf(values: readonly (string | number)[] | undefined): unknown {
  if (values === undefined) return null;
  const keys = filterKeys(values);
  return keys.length === 1 ? keys[0] : keys;
}

function isPosition(position: unknown, sort: readonly SortTerm[]): boolean {
  if (!Array.isArray(position) || position.length !== sort.length) return false;
  return sort.every(({ field }, index) =>
    field !== 'id' && FIELD_TYPES[field] === 'text'
      ? typeof position[index] === 'string'
      : Number.isSafeInteger(position[index]),
  );
}

/** @param query what the cursor must be used with again, as JSON values. */
export function sealCursor(position: unknown, query: readonly unknown[]): string {
  const text = JSON.stringify(position);
  return Buffer.concat([checksum(text, query), Buffer.from(text)]).toString('base64url');
}

/**
 * Throws a {@link Problem} `invalid-cursor`.
 * @param fits checks the position. The checksum catches accidents; this keeps a forged position out of SQL.
 */
export function unsealCursor<Position>(
  cursor: string,
  query: readonly unknown[],
  fits: (position: unknown) => position is Position,
): Position {
  const bytes = Buffer.from(cursor, 'base64url');
  const text = bytes.subarray(CHECKSUM_SIZE).toString();
  const isIntact =
    bytes.toString('base64url') === cursor && checksum(text, query).equals(bytes.subarray(0, CHECKSUM_SIZE));
  const position = isIntact ? parse(text) : undefined;
  if (fits(position)) return position;
  throw new Problem('invalid-cursor', 'The cursor was altered, or belongs to another filter or sort.', {
    errors: [{ parameter: 'cursor', detail: 'must be copied unchanged from a Link header of the same list' }],
  });
}

/** A checksum, not a signature: a forged cursor only starts a page elsewhere, which every client may do. */
function checksum(position: string, query: readonly unknown[]): Buffer {
  const bytes = Buffer.alloc(CHECKSUM_SIZE);
  bytes.writeUInt32BE(crc32(JSON.stringify([position, ...query])));
  return bytes;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
