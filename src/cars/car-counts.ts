/** How many cars have each value of a field: what facets and charts show. */

import type { CarFields, FieldName } from './car.ts';
import type { CarFilter } from './car-list.ts';

export interface CountsQuery {
  readonly filter: CarFilter;
  readonly by: FieldName;
  readonly limit: number;
}

/**
 * Texts with the same key are one value. It is written as in the car with the lowest id of all that
 * have it, whatever the filter is.
 */
export interface ValueCount {
  readonly value: CarFields[FieldName];
  /** At least 1. */
  readonly cars: number;
}
