/** Reads cars: many by id in one statement, pages, and counts. */

import { format } from 'mysql2';
import type { Car } from '../../cars/car.ts';
import type { CountsQuery, ValueCount } from '../../cars/car-counts.ts';
import { CarError } from '../../cars/car-error.ts';
import type { CarFilter, CarListQuery, CarPage } from '../../cars/car-list.ts';
import type { Outcome } from '../batch.ts';
import { countsSql } from '../counts-sql.ts';
import {
  backwardParts,
  filterConditions,
  joinParts,
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
import { type CarRow, type ListedRow, SELECT_CARS, toCar, toListedCar } from './car-rows.ts';
import type { Session } from './connection.ts';

/** Returns one outcome for each id, in their order. An id may be given twice. */
export async function getCars(session: Session, ids: readonly number[]): Promise<Outcome<Car>[]> {
  const rows = await session.run<CarRow[]>(`${SELECT_CARS} WHERE id IN (${ids.join(',')})`);
  const cars = new Map(rows.map((row) => [row[0], toCar(row)]));
  return ids.map((id) => cars.get(id) ?? new CarError('car-not-found'));
}

/**
 * See {@link SearchRules}. Reading so many takes a few tenths of a second.
 */
const SORTED_MATCHES = 200_000;

/** Returns one page for each query, in their order, in one round trip, or two if one {@link isPlanned}. */
export async function listCars(
  session: Session,
  queries: readonly CarListQuery[],
  sortedMatches = SORTED_MATCHES,
): Promise<CarPage[]> {
  const rules = { sortedMatches, indexed };
  const parts = await Promise.all(queries.map((query) => partsOf(session, query, rules)));
  const sql = queries.map((query, index) => listSql(query, parts[index] ?? [])).join(';');
  const results = await session.run<ListedRow[] | ListedRow[][]>(sql);
  const pages = queries.length === 1 ? [results as ListedRow[]] : (results as ListedRow[][]);
  return queries.map((query, index) => toPage(query, parts[index] ?? [], pages[index] ?? []));
}

async function partsOf(
  session: Session,
  query: CarListQuery,
  rules: SearchRules,
): Promise<readonly PagePart[]> {
  if (!isPlanned(query)) return [wholePage(query)];
  const [matches = []] = await session.run<number[][]>(toText(countMatches(query, rules)));
  return searchParts(query, matches, rules);
}

function listSql(query: CarListQuery, parts: readonly PagePart[]): string {
  const selects = parts.flatMap((part) => {
    const source = part.index === undefined ? 'cars' : indexed(part.index);
    return part.backward ? backwardParts(query, part, source) : [forward(query, part, source)];
  });
  const { sql, values } = joinParts(selects, ') UNION ALL (');
  return toText({ sql: selects.length === 1 ? sql : `(${sql})`, values });
}

function indexed(index: string): string {
  return `cars FORCE INDEX (${index})`;
}

function toPage(
  { sort, limit }: CarListQuery,
  parts: readonly PagePart[],
  rows: readonly ListedRow[],
): CarPage {
  const read = rows.map(toListedCar);
  const isOrdered = parts.length === 1 && parts[0]?.backward === false;
  const cars = isOrdered ? read : mergeCars(read, sort);
  return { cars: cars.slice(0, limit), more: cars.length > limit };
}

function toText({ sql, values }: SqlPart): string {
  return format(sql, [...values]);
}

/**
 * The ranges after the page's start are one condition: the optimizer reads them as ranges of one
 * index, in order.
 */
function forward({ sort, after, limit }: CarListQuery, { conditions }: PagePart, source: string): SqlPart {
  const ranges = after === undefined ? undefined : joinParts(rangesAfter(sort, after), ') OR (');
  const start = ranges === undefined ? [] : [{ sql: `((${ranges.sql}))`, values: ranges.values }];
  const where = whereClause([...start, ...conditions]);
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

export async function countValues(session: Session, query: CountsQuery): Promise<readonly ValueCount[]> {
  const rows = await session.run<[value: string | number, cars: number][]>(toText(countsSql(query, indexed)));
  return rows.map(([value, cars]) => ({ value, cars }));
}
