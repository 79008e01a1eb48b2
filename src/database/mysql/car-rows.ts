/** The fields of cars in MySQL's rows: in `cars`, `idempotency_keys` and `car_changes`. */

import { escape as quote } from 'mysql2';
import { type Car, type CarFields, FIELD_NAMES, TEXT_FIELDS, textKey } from '../../cars/car.ts';
import type { ListedCar } from '../../cars/car-list.ts';
import { FIELD_COLUMNS } from '../car-columns.ts';
import { safeId } from '../safe-id.ts';

/** The columns {@link FIELD_COLUMNS}, in their order. */
export type FieldRow = [brand: string, model: string, year: number];

/** The columns of {@link SELECT_CARS}, in their order. */
export type CarRow = [id: number, version: number, ...FieldRow];

/** The columns of `LISTED_COLUMNS`, in their order. */
export type ListedRow = [id: number, ...FieldRow];

type OrNull<Row extends unknown[]> = { [Index in keyof Row]: Row[Index] | null };

/** The fields before or after a change: all null if there was no car. */
export type ChangedFieldRow = OrNull<FieldRow>;

export const SELECT_CARS = `SELECT id, version, ${FIELD_COLUMNS} FROM cars`;

export function toFields([brand, model, year]: FieldRow): CarFields {
  return { brand, model, year };
}

export function toListedCar([id, brand, model, year]: ListedRow): ListedCar {
  return { brand, id: safeId(id), model, year };
}

export function toCar([id, version, brand, model, year]: CarRow): Car {
  return { brand, id: safeId(id), model, year, version };
}

export function toChangedFields(row: ChangedFieldRow): CarFields | null {
  return row[0] === null ? null : toFields(row as FieldRow);
}

/** The values of {@link FIELD_COLUMNS}, escaped; all NULL if there is no car. */
export function fieldsSql(fields: CarFields | null): string {
  return FIELD_NAMES.map((name) => (fields === null ? 'NULL' : quote(fields[name]))).join(', ');
}

/** The values of `STORED_COLUMNS`, escaped. */
export function storedSql(fields: CarFields): string {
  return `${fieldsSql(fields)}, ${TEXT_FIELDS.map((name) => quote(textKey(fields[name]))).join(', ')}`;
}
