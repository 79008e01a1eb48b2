/** Reads and removes entries of the audit trail in MySQL, whichever car they are about. */

import type { AuditTrail, TrailEntry } from '../../cars/audit-trail.ts';
import { safeId } from '../safe-id.ts';
import { CHANGE_ROW_COLUMNS, type ChangeRow, toChange } from './car-history.ts';
import type { Session } from './connection.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { translateErrors } from './errors.ts';

export function createAuditTrail({ withConnection }: ConnectionPool): AuditTrail {
  return {
    read: (after, limit) => translateErrors(withConnection((session) => read(session, after, limit))),
    remove: (ids) => translateErrors(withConnection((session) => remove(session, ids))),
  };
}

async function read(session: Session, after: number, limit: number): Promise<TrailEntry[]> {
  const rows = await session.run<[carId: number, ...ChangeRow][]>(
    `SELECT car_id, ${CHANGE_ROW_COLUMNS} FROM car_changes WHERE id > ${after} ORDER BY id LIMIT ${limit}`,
  );
  return rows.map(([carId, ...row]) => ({ carId: safeId(carId), ...toChange(row) }));
}

async function remove(session: Session, ids: readonly number[]): Promise<number> {
  const sql = `DELETE FROM car_changes WHERE id IN (${ids.join(',')})`;
  return (await session.run<{ readonly affectedRows: number }>(sql)).affectedRows;
}
