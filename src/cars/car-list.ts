/** How the list of cars is queried: filters, a sort, and a page that starts after a position. */

import { type Car, type CarFields, FIELD_NAMES, type FieldName, textKey } from './car.ts';

export type SortField = 'id' | FieldName;
export const SORT_FIELDS: readonly SortField[] = ['id', ...FIELD_NAMES];

export interface SortTerm {
  readonly field: SortField;
  readonly descending: boolean;
}

/** A car has to match every given member. Texts are compared by {@link textKey}. */
export interface CarFilter extends Partial<CarFields> {
  readonly yearMin?: number;
  readonly yearMax?: number;
}

/**
 * The sort keys of one car, one for each term of a complete sort: texts as their key, numbers as
 * they are.
 */
export type PagePosition = readonly (string | number)[];

export interface CarListQuery {
  readonly filter: CarFilter;
  /** Complete: ends with `id` (see {@link completeSort}). */
  readonly sort: readonly SortTerm[];
  readonly limit: number;
  /** The page has the cars after this position; absent for the first page. */
  readonly after?: PagePosition;
}

/**
 * A car as it appears in lists: without its version, so that an index has all that a list needs.
 */
export type ListedCar = Omit<Car, 'version'>;

export interface CarPage {
  readonly cars: readonly ListedCar[];
  /** Whether more cars match after the last one. */
  readonly more: boolean;
}

/**
 * Makes a sort total: appends `id`, ascending, and drops terms after an `id`, which have no effect.
 */
export function completeSort(terms: readonly SortTerm[]): SortTerm[] {
  const idAt = terms.findIndex((term) => term.field === 'id');
  return idAt === -1 ? [...terms, { field: 'id', descending: false }] : terms.slice(0, idAt + 1);
}

/** The position of `car` in `sort`. */
export function positionOf(car: ListedCar, sort: readonly SortTerm[]): PagePosition {
  return sort.map(({ field }) => {
    const value = car[field];
    return typeof value === 'string' ? textKey(value) : value;
  });
}
