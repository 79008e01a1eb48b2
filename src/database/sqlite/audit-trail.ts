/** Reads and removes entries of the audit trail in SQLite, whichever car they are about. */

import type { DatabaseSync } from 'node:sqlite';
import type { AuditTrail } from '../../cars/audit-trail.ts';
import { safeId } from '../safe-id.ts';
import { toChange } from './car-history.ts';
import { lazily, transaction } from './connection.ts';
import { translateErrors } from './errors.ts';

export function createAuditTrail(connection: DatabaseSync): AuditTrail {
  const select = lazily(connection, 'SELECT * FROM car_changes WHERE id > ? ORDER BY id LIMIT ?');
  const remove = lazily(connection, 'DELETE FROM car_changes WHERE id IN (SELECT value FROM json_each(?))');
  return {
    read: async (after, limit) =>
      translateErrors(() =>
        select()
          .all(after, limit)
          .map((row) => ({ carId: safeId(row['car_id']), ...toChange(row) })),
      ),
    remove: async (ids) =>
      translateErrors(() => transaction(connection, () => Number(remove().run(JSON.stringify(ids)).changes))),
  };
}
