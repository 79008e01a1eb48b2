/** Changes and deletions: many cars in one transaction, each decided on its locked row. */

import type { Car, CarFields } from '../../cars/car.ts';
import { CarError } from '../../cars/car-error.ts';
import type { Precondition } from '../../cars/car-store.ts';
import type { Outcome } from '../batch.ts';
import { type CarRow, FIELD_COLUMNS, fieldsSql, SELECT_CARS, toCar } from './car-rows.ts';
import type { Session } from './session.ts';

export interface Change {
  readonly id: number;
  readonly precondition: Precondition | undefined;
  /** The fields to replace, or `delete`. */
  readonly to: Partial<CarFields> | 'delete';
}

/**
 * Answers for each change the car after it (before it, for a deletion). One car may be changed several times. Fails as a
 * whole with the server's LOCK_NOWAIT or LOCK_WAIT_TIMEOUT when a car is in another transaction's hands.
 * @param wait whether to wait for such a transaction (about a second) or to fail at once.
 */
export async function changeCars(
  session: Session,
  changes: readonly Change[],
  wait: boolean,
): Promise<Outcome<Car>[]> {
  const ids = [...new Set(changes.map((change) => change.id))];
  // Locks are taken in the order of ids, so that two batches cannot deadlock. The index is named because MySQL scans a
  // small table for a long list, and would meet locks on cars that nobody asked for.
  const [, rows] = await session.run<[unknown, CarRow[]]>(
    `START TRANSACTION; ${SELECT_CARS} FORCE INDEX (PRIMARY) WHERE id IN (${ids.join(',')}) ORDER BY id FOR UPDATE${wait ? '' : ' NOWAIT'}`,
  );
  const stored = new Map(rows.map((row) => [row[0], toCar(row)]));
  const now = new Map<number, Car | 'deleted'>(stored);
  const outcomes = changes.map((change) => decide(change, now));
  const sql = [...writesSql(stored, now)].join(';');
  if (sql === '') await session.run('ROLLBACK');
  else await session.commit(`${sql};COMMIT`);
  return outcomes;
}

/** Decides one change on the car as the earlier changes of the batch left it. */
function decide({ id, precondition, to }: Change, now: Map<number, Car | 'deleted'>): Outcome<Car> {
  const car = now.get(id);
  if (car === undefined || car === 'deleted') return new CarError('car-not-found');
  if (precondition !== undefined && !precondition(car.version)) return new CarError('version-mismatch');
  const after = to === 'delete' ? car : { ...car, ...to, version: car.version + 1 };
  now.set(id, to === 'delete' ? 'deleted' : after);
  return after;
}

/** The statements that bring the locked rows to what was decided. */
function* writesSql(
  stored: ReadonlyMap<number, Car>,
  now: ReadonlyMap<number, Car | 'deleted'>,
): Generator<string> {
  const deleted: number[] = [];
  const changed: string[] = [];
  for (const [id, car] of now) {
    if (car === 'deleted') deleted.push(id);
    else if (car !== stored.get(id)) changed.push(`(${id}, ${fieldsSql(car)}, ${car.version})`);
  }
  // Every row is there and locked, so the insert only ever updates: the one statement for many rows, each with its own
  // values, that MySQL and MariaDB have in common.
  if (changed.length > 0) {
    const columns = `${FIELD_COLUMNS}, version`;
    const updates = columns.split(', ').map((column) => `${column} = VALUES(${column})`);
    yield `INSERT INTO cars (id, ${columns}) VALUES ${changed.join(', ')} ON DUPLICATE KEY UPDATE ${updates.join(', ')}`;
  }
  if (deleted.length > 0) yield `DELETE FROM cars WHERE id IN (${deleted.join(',')})`;
}
