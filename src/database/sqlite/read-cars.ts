/** Reads in SQLite, which are synchronous: pages, counts, and how their usage is noted. */

import type { DatabaseSync } from 'node:sqlite';
import type { CarFilter, CarListQuery, CarPage, ListedCar } from '../../cars/car-list.ts';
import type { Usage } from '../../cars/request-context.ts';
import { rounds, statements } from '../../observability/channels.ts';
import {
  backwardParts,
  filterConditions,
  LISTED_COLUMNS,
  orderBy,
  orderingIndex,
  rangesAfter,
  regroup,
  type SqlPart,
  whereClause,
} from '../list-sql.ts';
import { type ListedRow, toListedCar } from './car-rows.ts';
import { prepareQuery, readTransaction } from './connection.ts';
import { toCarError } from './errors.ts';

export function listCars(connection: DatabaseSync, query: CarListQuery): CarPage {
  return readTransaction(connection, () => listPage(connection, query));
}

export function countCars(connection: DatabaseSync, filter: CarFilter): number {
  const where = whereClause(filterConditions(filter));
  const row = connection.prepare(`SELECT COUNT(*) AS total FROM cars${where.sql}`).get(...where.values);
  return Number(row?.['total']);
}

/**
 * Reads the page range by range until it is full; see {@link rangesAfter} and {@link
 * backwardParts}.
 */
function listPage(connection: DatabaseSync, query: CarListQuery): CarPage {
  const { filter, sort, after, limit } = query;
  const index = orderingIndex(sort, filter);
  const source = index === undefined ? 'cars' : `cars INDEXED BY ${index.name}`;
  const read = ({ sql, values }: SqlPart) =>
    prepareQuery(connection, sql)
      .all(...values)
      .map((row) => toListedCar(row as unknown as ListedRow));
  let cars: ListedCar[] = [];
  if (index?.backward) {
    cars = regroup(backwardParts(query, source).flatMap(read), sort);
  } else {
    for (const range of after === undefined ? [undefined] : rangesAfter(sort, after)) {
      if (cars.length > limit) break;
      const where = whereClause([...(range === undefined ? [] : [range]), ...filterConditions(filter)]);
      const sql = `SELECT ${LISTED_COLUMNS} FROM ${source}${where.sql}${orderBy(sort)} LIMIT ?`;
      cars.push(...read({ sql, values: [...where.values, limit + 1 - cars.length] }));
    }
  }
  return { cars: cars.slice(0, limit), more: cars.length > limit };
}

/** Runs a read at once, as a round of its own. Throws a `CarError` for what a retry may fix. */
export function read<Result>(
  name: string,
  usage: Usage,
  work: () => Result,
  rowsOf: (result: Result) => number,
): Result {
  const begun = performance.now();
  try {
    const result = rounds.traceSync(() => asStatement('SELECT FROM cars', work), {
      name,
      calls: [usage],
      waited: 0,
    });
    usage.rows += rowsOf(result);
    return result;
  } catch (error) {
    throw toCarError(error);
  } finally {
    usage.worked += performance.now() - begun;
  }
}

/** @param sql what the work begins with, for traces. */
export function asStatement<Result>(sql: string, work: () => Result): Result {
  return statements.traceSync(work, { system: 'sqlite', sql });
}
