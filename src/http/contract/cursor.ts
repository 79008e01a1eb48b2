/** Where a page of the list starts: a cursor that only fits the filter and the sort it was made for. */

import { textKey } from '../../cars/car.ts';
import type { CarFilter, PagePosition, SortTerm } from '../../cars/car-list.ts';
import { sealCursor, unsealCursor } from './sealed-cursor.ts';

function madeFor(sort: readonly SortTerm[], filter: CarFilter): unknown[] {
  const { brand, model, year, yearMin, yearMax } = filter;
  const key = (text: string | undefined) => (text === undefined ? null : textKey(text));
  return [sort, key(brand), key(model), year ?? null, yearMin ?? null, yearMax ?? null];
}

export function encodeCursor(position: PagePosition, sort: readonly SortTerm[], filter: CarFilter): string {
  return sealCursor(position, madeFor(sort, filter));
}

/** Throws a {@link Problem} `invalid-cursor`. */
export function decodeCursor(cursor: string, sort: readonly SortTerm[], filter: CarFilter): PagePosition {
  return unsealCursor(cursor, madeFor(sort, filter), (position): position is PagePosition =>
    isPosition(position, sort),
  );
}

function isPosition(position: unknown, sort: readonly SortTerm[]): boolean {
  if (!Array.isArray(position) || position.length !== sort.length) return false;
  return sort.every(({ field }, index) =>
    field === 'brand' || field === 'model'
      ? typeof position[index] === 'string'
      : Number.isSafeInteger(position[index]),
  );
}
