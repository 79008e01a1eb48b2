/** The audit trail in SQLite: writing the entry of a change, and reading a car's history. */

import type { DatabaseSync } from 'node:sqlite';
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
import { CHANGE_COLUMNS } from '../car-columns.ts';
import { safeId } from '../safe-id.ts';
import { fieldValues, placeholders, type Row, toChangedFields } from './car-rows.ts';
import { lazily } from './connection.ts';

/** Returns a function that writes the entry of a step within the open transaction. */
export function createRecorder(connection: DatabaseSync): (carId: number, step: Step) => void {
  const insert = lazily(
    connection,
    `INSERT INTO car_changes (car_id, version, kind, caller, request_id, changed_at, ${CHANGE_COLUMNS})
     VALUES (?, ?, ?, ?, ?, ?, ${placeholders(CHANGE_COLUMNS)})`,
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
      ...fieldValues(before),
      ...fieldValues(after),
    );
  };
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

export function toChange(row: Row): CarChange {
  return {
    id: safeId(row['id']),
    kind: row['kind'] as ChangeKind,
    version: Number(row['version']),
    author: { caller: String(row['caller']), requestId: String(row['request_id']) },
    time: new Date(Number(row['changed_at'])),
    before: toChangedFields(row, 'before'),
    after: toChangedFields(row, 'after'),
  };
}
