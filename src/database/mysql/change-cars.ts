/**
 * Changes and deletes many cars in one transaction, after deciding each change on its locked row.
 */

import { type Car, type CarFields, changeFields } from '../../cars/car.ts';
import { CarError } from '../../cars/car-error.ts';
import type { Precondition } from '../../cars/car-store.ts';
import type { Author } from '../../cars/request-context.ts';
import type { Outcome } from '../batch.ts';
import { STORED_COLUMNS } from '../car-columns.ts';
import { recordSql, type StepOfCar } from './car-history.ts';
import { type CarRow, SELECT_CARS, storedSql, toCar } from './car-rows.ts';
import type { Session } from './connection.ts';

export interface Change {
  readonly author: Author;
  readonly id: number;
  readonly precondition: Precondition | undefined;
  /** The fields to replace, or `delete`. */
  readonly to: Partial<CarFields> | 'delete';
}

interface ChangeStep {
  readonly author: Author;
  readonly before: Car;
  readonly after: Car | null;
}

/**
 * Returns for each change the car after it (before it, for a deletion). A car may be changed
 * several times. Rejects as a whole with the server's LOCK_NOWAIT or LOCK_WAIT_TIMEOUT if another
 * transaction holds the lock of a car.
 * @param waitForLocks whether to wait for locks (about a second) or to fail at once.
 * @param audit whether each change writes its entry into the audit trail.
 */
export async function changeCars(
  session: Session,
  changes: readonly Change[],
  waitForLocks: boolean,
  audit: boolean,
): Promise<Outcome<Car>[]> {
  const ids = [...new Set(changes.map((change) => change.id))];
  // Rows are locked in the order of ids, so that two batches cannot deadlock. The index is named
  // because MySQL scans a small table for a long list, and would wait for locks on other cars.
  const [, rows] = await session.run<[unknown, CarRow[]]>(
    `START TRANSACTION; ${SELECT_CARS} FORCE INDEX (PRIMARY) WHERE id IN (${ids.join(',')}) ORDER BY id FOR UPDATE${waitForLocks ? '' : ' NOWAIT'}`,
  );
  const stored = new Map(rows.map((row) => [row[0], toCar(row)]));
  const now = new Map<number, Car | 'deleted'>(stored);
  const steps: StepOfCar[] = [];
  const outcomes = changes.map((change) => {
    const step = decide(change, now);
    if (step instanceof CarError) return step;
    if (step.after === step.before) return step.before;
    now.set(change.id, step.after ?? 'deleted');
    steps.push([String(change.id), step]);
    return step.after ?? step.before;
  });
  const writes = [...writesSql(stored, now)];
  if (writes.length === 0) await session.run('ROLLBACK');
  else await session.commit([...writes, ...(audit ? [recordSql(steps)] : []), 'COMMIT']);
  return outcomes;
}

/**
 * Decides one change on the car as the earlier changes of the batch leave it. If it changes
 * nothing, `after` is the same object as `before`.
 */
function decide(
  { author, id, precondition, to }: Change,
  now: ReadonlyMap<number, Car | 'deleted'>,
): ChangeStep | CarError {
  const before = now.get(id);
  if (before === undefined || before === 'deleted') return new CarError('car-not-found');
  if (precondition !== undefined && !precondition(before.version)) return new CarError('version-mismatch');
  const after = to === 'delete' ? null : changeFields(before, to);
  return { author, before, after };
}

/** The statements that write what was decided to the locked rows. */
function* writesSql(
  stored: ReadonlyMap<number, Car>,
  now: ReadonlyMap<number, Car | 'deleted'>,
): Generator<string> {
  const deleted: number[] = [];
  const changed: string[] = [];
  for (const [id, car] of now) {
    if (car === 'deleted') deleted.push(id);
    else if (car !== stored.get(id)) changed.push(`(${id}, ${storedSql(car)}, ${car.version})`);
  }
  // Every row exists and is locked, so this `INSERT` only updates. It is the only statement in both
  // MySQL and MariaDB that updates many rows, each with its own values.
  if (changed.length > 0) {
    const columns = `${STORED_COLUMNS}, version`;
    const updates = columns.split(', ').map((column) => `${column} = VALUES(${column})`);
    yield `INSERT INTO cars (id, ${columns}) VALUES ${changed.join(', ')} ON DUPLICATE KEY UPDATE ${updates.join(', ')}`;
  }
  if (deleted.length > 0) yield `DELETE FROM cars WHERE id IN (${deleted.join(',')})`;
}
