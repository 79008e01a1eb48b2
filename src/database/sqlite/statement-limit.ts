/**
 * Limits how long a statement reads. It blocks the event loop, and `node:sqlite` cannot interrupt
 * it, so the statement itself checks the time.
 */

import type { DatabaseSync } from 'node:sqlite';
import { CarError } from '../../cars/car-error.ts';
import type { SqlPart } from '../list-sql.ts';

/** Milliseconds. Reading 100,000 cars takes about a tenth of it. */
const STATEMENT_LIMIT = 1000;

/** Provides the function that {@link statementLimit} calls. */
export function provideStatementLimit(connection: DatabaseSync): void {
  connection.function('is_in_time', (deadline) => {
    if (performance.now() <= Number(deadline)) return 1;
    throw new CarError('unavailable', {
      cause: new Error(`a statement did not end within ${STATEMENT_LIMIT} ms`),
    });
  });
}

/**
 * A condition that every car meets, until the time is over: then the statement fails with
 * `unavailable`. Looks at the clock for one car in 1024, because the call costs more than the rest.
 * It must be the first condition: SQLite skips it for cars that an earlier one rejects.
 */
export function statementLimit(): SqlPart {
  return { sql: '(id & 1023 OR is_in_time(?))', values: [performance.now() + STATEMENT_LIMIT] };
}
