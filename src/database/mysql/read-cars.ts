/** Reads cars: many by id in one statement, pages, and counts. */

import { format } from 'mysql2';
import type { Car } from '../../cars/car.ts';
import { CarError } from '../../cars/car-error.ts';
import type { CarFilter, CarListQuery, CarPage } from '../../cars/car-list.ts';
import type { Outcome } from '../batch.ts';
import {
  backwardParts,
  filterConditions,
  joinParts,
  LISTED_COLUMNS,
  orderBy,
  orderingIndex,
  rangesAfter,
  regroup,
  type SqlPart,
  whereClause,
} from '../list-sql.ts';
import { type CarRow, type ListedRow, SELECT_CARS, toCar, toListedCar } from './car-rows.ts';
import type { Session } from './connection.ts';

/** Returns one outcome for each id, in their order. An id may be given twice. */
export async function getCars(session: Session, ids: readonly number[]): Promise<Outcome<Car>[]> {
  const rows = await session.run<CarRow[]>(`${SELECT_CARS} WHERE id IN (${ids.join(',')})`);
  const cars = new Map(rows.map((row) => [row[0], toCar(row)]));
  return ids.map((id) => cars.get(id) ?? new CarError('car-not-found'));
}

/** Returns one page for each query, in their order, in one round trip. */
export async function listCars(session: Session, queries: readonly CarListQuery[]): Promise<CarPage[]> {
  const results = await session.run<ListedRow[] | ListedRow[][]>(queries.map(listSql).join(';'));
  const pages = queries.length === 1 ? [results as ListedRow[]] : (results as ListedRow[][]);
  return queries.map((query, index) => toPage(query, pages[index] ?? []));
}

function listSql(query: CarListQuery): string {
  const index = orderingIndex(query.sort, query.filter);
  const source = index === undefined ? 'cars' : `cars FORCE INDEX (${index.name})`;
  if (!index?.backward) return toText(forward(query, source));
  return `(${toText(joinParts(backwardParts(query, source), ') UNION ALL ('))})`;
}

function toPage({ sort, filter, limit }: CarListQuery, rows: readonly ListedRow[]): CarPage {
  const read = rows.map(toListedCar);
  const cars = orderingIndex(sort, filter)?.backward ? regroup(read, sort) : read;
  return { cars: cars.slice(0, limit), more: cars.length > limit };
}

function toText({ sql, values }: SqlPart): string {
  return format(sql, [...values]);
}

/**
 * The ranges after the page's start are one condition: the optimizer reads them as ranges of one
 * index, in order.
 */
function forward({ filter, sort, after, limit }: CarListQuery, source: string): SqlPart {
  const ranges = after === undefined ? undefined : joinParts(rangesAfter(sort, after), ') OR (');
  const start = ranges === undefined ? [] : [{ sql: `((${ranges.sql}))`, values: ranges.values }];
  const where = whereClause([...start, ...filterConditions(filter)]);
  return {
    sql: `SELECT ${LISTED_COLUMNS} FROM ${source}${where.sql}${orderBy(sort)} LIMIT ${limit + 1}`,
    values: where.values,
  };
}

export async function countCars(session: Session, filter: CarFilter): Promise<number> {
  const where = whereClause(filterConditions(filter));
  const [row] = await session.run<[[number]]>(
    format(`SELECT COUNT(*) FROM cars${where.sql}`, [...where.values]),
  );
  return row[0];
}
