/** The audit trail in SQLite: writing the entry of a change, and reading a car's history. */

import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { CarFields } from '../../cars/car.ts';
import {
  type CarChange,
  type ChangeKind,
  type HistoryPage,
  type HistoryQuery,
  kindOf,
  type Step,
  versionAfter,
} from '../../cars/car-change.ts';
import { CarError } from '../../cars/car-error.ts';
import { safeId } from '../safe-id.ts';
import { lazily } from './connection.ts';

type Row = Record<string, SQLOutputValue>;

/** Returns a function that writes the entry of a step within the open transaction. */
export function createRecorder(connection: DatabaseSync): (carId: number, step: Step) => void {
  const insert = lazily(
    connection,
    `INSERT INTO car_changes (car_id, version, kind, caller, request_id, changed_at,
       brand_before, model_before, year_before, brand_after, model_after, year_after)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return (carId, step) => {
    const { author, before, after } = step;
    insert().run(
      carId,
      versionAfter(step),
      kindOf(step),
      author.caller,
      author.requestId,
      Date.now(),
      ...valuesOf(before),
      ...valuesOf(after),
    );
  };
}

function valuesOf(fields: CarFields | null) {
  return fields === null ? [null, null, null] : [fields.brand, fields.model, fields.year];
}

/** Throws `car-not-found` if the car neither exists nor has an entry. */
export function readHistory(connection: DatabaseSync, query: HistoryQuery): HistoryPage {
  const { carId, limit, olderThan = Number.MAX_SAFE_INTEGER } = query;
  const rows = connection
    .prepare('SELECT * FROM car_changes WHERE car_id = ? AND id < ? ORDER BY id DESC LIMIT ?')
    .all(carId, olderThan, limit + 1);
  const known = connection.prepare(
    'SELECT 1 FROM cars WHERE id = ? UNION ALL SELECT 1 FROM car_changes WHERE car_id = ? LIMIT 1',
  );
  if (known.get(carId, carId) === undefined) throw new CarError('car-not-found');
  return { changes: rows.slice(0, limit).map(toChange), more: rows.length > limit };
}

function toChange(row: Row): CarChange {
  return {
    id: safeId(row['id']),
    kind: row['kind'] as ChangeKind,
    version: Number(row['version']),
    author: { caller: String(row['caller']), requestId: String(row['request_id']) },
    time: new Date(Number(row['changed_at'])),
    before: toFields(row, 'before'),
    after: toFields(row, 'after'),
  };
}

function toFields(row: Row, when: 'before' | 'after'): CarFields | null {
  const brand = row[`brand_${when}`];
  if (brand === null) return null;
  return { brand: String(brand), model: String(row[`model_${when}`]), year: Number(row[`year_${when}`]) };
}
