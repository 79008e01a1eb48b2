/** How the list of cars is queried: filters, a sort, and a page that starts after a position. */

import { type Car, type CarFields, FIELD_NAMES, type FieldName, textKey } from './car.ts';

/** The fields that {@link CarFilter.q} searches. Each has an index in the order of its key. */
export const SEARCHED_FIELDS = ['brand', 'model'] as const satisfies readonly FieldName[];
export type SearchedField = (typeof SEARCHED_FIELDS)[number];

/** The fewest code points of {@link CarFilter.q}: one letter would match too many cars. */
export const SEARCH_MIN_LENGTH = 2;

export type SortField = 'id' | FieldName;
export const SORT_FIELDS: readonly SortField[] = ['id', ...FIELD_NAMES];

export interface SortTerm {
  readonly field: SortField;
  readonly descending: boolean;
}

/** Any of these values; at least one. */
type Values = { readonly [Name in FieldName]?: readonly CarFields[Name][] };

/** A car has to match every given member. Texts are compared by {@link textKey}. */
export interface CarFilter extends Values {
  readonly yearMin?: number;
  readonly yearMax?: number;
  /** The start of one of {@link SEARCHED_FIELDS}. */
  readonly q?: string;
}

/** The keys of a filter's values: each once, in one order, so that equal filters have equal keys. */
export function filterKeys(values: readonly (string | number)[]): readonly (string | number)[] {
  const keys = values.map((value) => (typeof value === 'string' ? textKey(value) : value));
  return keys.length === 1 ? keys : [...new Set(keys)].sort();
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
