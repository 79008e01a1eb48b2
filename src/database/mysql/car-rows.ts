/** Rows of the table `cars`, read and written as SQL. */

import { escape as quote } from 'mysql2';
import { type Car, type CarFields, textKey } from '../../cars/car.ts';
import { safeId } from '../safe-id.ts';

/** The columns of {@link SELECT_CARS}, in their order. */
export type CarRow = [id: number, brand: string, model: string, year: number, version: number];

export const SELECT_CARS = 'SELECT id, brand, model, year, version FROM cars';

/** The columns that {@link fieldsSql} fills. */
export const FIELD_COLUMNS = 'brand, brand_key, model, model_key, year';

export function toCar([id, brand, model, year, version]: CarRow): Car {
  return { brand, id: safeId(id), model, year, version };
}

/** The values of {@link FIELD_COLUMNS}, escaped. */
export function fieldsSql({ brand, model, year }: CarFields): string {
  return `${quote(brand)}, ${quote(textKey(brand))}, ${quote(model)}, ${quote(textKey(model))}, ${year}`;
}
