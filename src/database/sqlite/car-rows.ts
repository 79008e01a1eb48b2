/** The fields of cars in SQLite's rows: in `cars`, `idempotency_keys` and `car_changes`. */

import type { SQLOutputValue } from 'node:sqlite';
import { type Car, type CarFields, FIELD_NAMES, TEXT_FIELDS, textKey } from '../../cars/car.ts';
import type { ListedCar } from '../../cars/car-list.ts';
import { safeId } from '../safe-id.ts';

export type Row = Record<string, SQLOutputValue>;

export function toListedCar(row: Row): ListedCar {
  return {
    brand: String(row['brand']),
    id: safeId(row['id']),
    model: String(row['model']),
    year: Number(row['year']),
  };
}

export function toCar(row: Row): Car {
  return { ...toListedCar(row), version: Number(row['version']) };
}

/** The fields before or after a change; null if there was no car. */
export function toChangedFields(row: Row, when: 'before' | 'after'): CarFields | null {
  if (row[`brand_${when}`] === null) return null;
  return {
    brand: String(row[`brand_${when}`]),
    model: String(row[`model_${when}`]),
    year: Number(row[`year_${when}`]),
  };
}

/** The values of `FIELD_COLUMNS`; all null if there is no car. */
export function fieldValues(fields: CarFields | null): (string | number | null)[] {
  return FIELD_NAMES.map((name) => (fields === null ? null : fields[name]));
}

/** The values of `STORED_COLUMNS`. */
export function storedValues(fields: CarFields): (string | number | null)[] {
  return [...fieldValues(fields), ...TEXT_FIELDS.map((name) => textKey(fields[name]))];
}

/** A `?` for each of some columns. */
export function placeholders(columns: string): string {
  return columns.replaceAll(/\w+/g, '?');
}
