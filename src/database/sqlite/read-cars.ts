/** Reads in SQLite, which are synchronous: pages, counts, and how their usage is noted. */

import type { DatabaseSync } from 'node:sqlite';
import { FIELD_TYPES } from '../../cars/car.ts';
import type { CountsQuery, ValueCount } from '../../cars/car-counts.ts';
import type { CarFilter, CarListQuery, CarPage, ListedCar } from '../../cars/car-list.ts';
import type { Usage } from '../../cars/request-context.ts';
import { rounds, statements } from '../../observability/channels.ts';
import { countsSql } from '../counts-sql.ts';
import {
  backwardParts,
  filterConditions,
  LISTED_COLUMNS,
  mergeCars,
  orderBy,
  type PagePart,
  rangesAfter,
  type SqlPart,
  whereClause,
  wholePage,
} from '../list-sql.ts';
import { countMatches, isPlanned, type SearchRules, searchParts } from '../search-sql.ts';
import { type ListedRow, toListedCar } from './car-rows.ts';
import { prepareQuery, readTransaction } from './connection.ts';
import { toCarError } from './errors.ts';
import { statementLimit } from './statement-limit.ts';

/** See {@link SearchRules}. Reading so many blocks the event loop for about 20 ms. */
const SORTED_MATCHES = 20_000;

export function listCars(
  connection: DatabaseSync,
  query: CarListQuery,
  sortedMatches = SORTED_MATCHES,
): CarPage {
  return readTransaction(connection, () => listPage(connection, query, { sortedMatches, indexed }));
}

export function countCars(connection: DatabaseSync, filter: CarFilter): number {
  const filters = filterConditions(filter);
  // Without a filter, SQLite counts faster than it reads.
  const where = whereClause(filters.length === 0 ? [] : [statementLimit(), ...filters]);
  const row = connection.prepare(`SELECT COUNT(*) AS total FROM cars${where.sql}`).get(...where.values);
  return Number(row?.['total']);
}

export function countValues(connection: DatabaseSync, query: CountsQuery): readonly ValueCount[] {
  const { sql, values } = countsSql(query, indexed, [statementLimit()]);
  const isText = FIELD_TYPES[query.by] === 'text';
  return connection
    .prepare(sql)
    .all(...values)
    .map(({ value, cars }) => ({ value: isText ? String(value) : Number(value), cars: Number(cars) }));
}

function listPage(connection: DatabaseSync, query: CarListQuery, rules: SearchRules): CarPage {
  const { sort, limit } = query;
  const parts = partsOf(connection, query, rules);
  const read = parts.flatMap((part) => readPart(connection, query, part));
  const isOrdered = parts.length === 1 && parts[0]?.backward === false;
  const cars = isOrdered ? read : mergeCars(read, sort);
  return { cars: cars.slice(0, limit), more: cars.length > limit };
}

function partsOf(connection: DatabaseSync, query: CarListQuery, rules: SearchRules): readonly PagePart[] {
  const { filter, sort } = query;
  const parts = isPlanned(query) ? plan(connection, query, rules) : [wholePage(query)];
  // Without a filter, a page in the order of an index reads only the cars that it returns.
  const isInOrder = parts[0]?.index !== undefined || sort[0]?.field === 'id';
  if (isInOrder && Object.keys(filter).length === 0) return parts;
  const limit = statementLimit();
  return parts.map((part) => ({ ...part, conditions: [limit, ...part.conditions] }));
}

function plan(connection: DatabaseSync, query: CarListQuery, rules: SearchRules): readonly PagePart[] {
  const { sql, values } = countMatches(query, rules);
  const row = connection.prepare(sql).get(...values) ?? {};
  return searchParts(query, Object.values(row).map(Number), rules);
}

/** Reads a part range by range until it is full; see {@link rangesAfter} and {@link backwardParts}. */
function readPart(connection: DatabaseSync, query: CarListQuery, part: PagePart): ListedCar[] {
  const { sort, after, limit } = query;
  const source = part.index === undefined ? 'cars' : indexed(part.index);
  const read = ({ sql, values }: SqlPart) =>
    prepareQuery(connection, sql)
      .all(...values)
      .map((row) => toListedCar(row as unknown as ListedRow));
  if (part.backward) return backwardParts(query, part, source).flatMap(read);
  const cars: ListedCar[] = [];
  for (const range of after === undefined ? [undefined] : rangesAfter(sort, after)) {
    if (cars.length > limit) break;
    const where = whereClause([...part.conditions, ...(range === undefined ? [] : [range])]);
    const sql = `SELECT ${LISTED_COLUMNS} FROM ${source}${where.sql}${orderBy(sort)} LIMIT ?`;
    cars.push(...read({ sql, values: [...where.values, limit + 1 - cars.length] }));
  }
  return cars;
}

function indexed(index: string): string {
  return index === 'PRIMARY' ? 'cars NOT INDEXED' : `cars INDEXED BY ${index}`;
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
