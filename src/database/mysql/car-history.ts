/** The audit trail in MySQL: writing the entries of a transaction, and reading a car's history. */

import { escape as quote } from 'mysql2';
import { FIELD_NAMES } from '../../cars/car.ts';
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
import type { Author } from '../../cars/request-context.ts';
import { CHANGE_COLUMNS, FIELD_COLUMNS } from '../car-columns.ts';
import { safeId } from '../safe-id.ts';
import { type ChangedFieldRow, fieldsSql, toChangedFields } from './car-rows.ts';
import type { Session } from './connection.ts';

const COLUMNS = `car_id, version, kind, caller, request_id, changed_at, ${CHANGE_COLUMNS}`;

/** A step, and its car's id as SQL: only the server knows new ids. */
export type StepOfCar = readonly [idSql: string, step: Step];

/** One `INSERT` for all steps of a transaction, in their order. */
export function recordSql(steps: readonly StepOfCar[]): string {
  const rows = steps.map(([id, step]) => {
    const { caller, requestId } = step.author;
    const who = `${quote(caller)}, ${quote(requestId)}, UTC_TIMESTAMP(3)`;
    const what = `${fieldsSql(step.before)}, ${fieldsSql(step.after)}`;
    return `(${id}, ${versionAfter(step)}, '${kindOf(step)}', ${who}, ${what})`;
  });
  return `INSERT INTO car_changes (${COLUMNS}) VALUES ${rows.join(', ')}`;
}

/**
 * Copies new cars into the trail, which costs less than to send their fields again.
 * @param idsAreNew the condition on `id` that selects them.
 */
export function recordNewSql({ caller, requestId }: Author, idsAreNew: string): string {
  const who = `${quote(caller)}, ${quote(requestId)}, UTC_TIMESTAMP(3)`;
  return `INSERT INTO car_changes (${COLUMNS})
    SELECT id, version, 'created', ${who}, ${fieldsSql(null)}, ${FIELD_COLUMNS}
    FROM cars FORCE INDEX (PRIMARY) WHERE ${idsAreNew} ORDER BY id`;
}

/** The columns of a {@link ChangeRow}. */
export const CHANGE_ROW_COLUMNS = `id, version, kind, caller, request_id, CAST(changed_at AS CHAR), ${CHANGE_COLUMNS}`;

export type ChangeRow = [
  id: number,
  version: number,
  kind: ChangeKind,
  caller: string,
  requestId: string,
  time: string,
  ...before: ChangedFieldRow,
  ...after: ChangedFieldRow,
];

/** Returns `car-not-found` if the car neither exists nor has an entry. */
export async function readHistory(session: Session, query: HistoryQuery): Promise<HistoryPage | CarError> {
  const { carId, limit, olderThan } = query;
  const older = olderThan === undefined ? '' : ` AND id < ${olderThan}`;
  const [rows, [[exists]]] = await session.run<[ChangeRow[], [[0 | 1]]]>(
    `SELECT ${CHANGE_ROW_COLUMNS} FROM car_changes FORCE INDEX (car_changes_by_car)
     WHERE car_id = ${carId}${older} ORDER BY id DESC LIMIT ${limit + 1};
     SELECT EXISTS (SELECT 1 FROM cars WHERE id = ${carId})
       OR EXISTS (SELECT 1 FROM car_changes WHERE car_id = ${carId})`,
  );
  if (exists === 0) return new CarError('car-not-found');
  return { changes: rows.slice(0, limit).map(toChange), more: rows.length > limit };
}

export function toChange(row: ChangeRow): CarChange {
  const [id, version, kind, caller, requestId, time, ...fields] = row;
  return {
    id: safeId(id),
    kind,
    version,
    author: { caller, requestId },
    time: new Date(`${time.replace(' ', 'T')}Z`),
    before: toChangedFields(fields.slice(0, FIELD_NAMES.length) as ChangedFieldRow),
    after: toChangedFields(fields.slice(FIELD_NAMES.length) as ChangedFieldRow),
  };
}
