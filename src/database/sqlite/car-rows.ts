/** The fields of cars in SQLite's rows: in `cars`, `idempotency_keys` and `car_changes`. */

import type { SQLOutputValue } from 'node:sqlite';
import { type Car, type CarFields, FIELD_NAMES, TEXT_FIELDS, textKey } from '../../cars/car.ts';
import type { ListedCar } from '../../cars/car-list.ts';
import { safeId } from '../safe-id.ts';

export type Row = Record<string, SQLOutputValue>;

/** The columns `id, version, ${FIELD_COLUMNS}`, in their order. */
export type CarRow = [id: number, version: number, ...FieldRow];

/** The columns of `LISTED_COLUMNS`, in their order. */
export type ListedRow = [id: number, ...FieldRow];

type FieldRow = [brand: string, model: string, year: number];

export function toListedCar([id, brand, model, year]: ListedRow): ListedCar {
  return { brand, id: safeId(id), model, year };
}

export function toCar([id, version, brand, model, year]: CarRow): Car {
  return { brand, id: safeId(id), model, year, version };
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
