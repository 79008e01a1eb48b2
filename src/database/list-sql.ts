/**
 * The parts of a list query that both engines share: filter conditions, the start after a position,
 * the order.
 */

import { FIELD_NAMES } from '../cars/car.ts';
import {
  type CarFilter,
  type CarListQuery,
  filterKeys,
  type ListedCar,
  type PagePosition,
  positionOf,
  SEARCHED_FIELDS,
  type SortField,
  type SortTerm,
} from '../cars/car-list.ts';
import { type KeyRange, prefixRanges } from '../cars/text-prefix.ts';
import { FIELD_COLUMNS } from './car-columns.ts';

/** A piece of SQL with its values, one for each `?`. */
export interface SqlPart {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** The members of a {@link ListedCar}; the index `cars_by_brand_and_year` holds them all. */
export const LISTED_COLUMNS = `id, ${FIELD_COLUMNS}`;

export const COLUMN: Record<SortField, string> = {
  id: 'id',
  brand: 'brand_key',
  model: 'model_key',
  year: 'year',
};

/** Joins parts: their SQL by `separator`, their values one after another. */
export function joinParts(parts: readonly SqlPart[], separator: string): SqlPart {
  return {
    sql: parts.map((part) => part.sql).join(separator),
    values: parts.flatMap((part) => part.values),
  };
}

/** How a filter of one value compares its column. */
const COMPARISON: Record<Exclude<keyof CarFilter, 'q'>, string> = {
  brand: 'brand_key =',
  model: 'model_key =',
  year: 'year =',
  yearMin: 'year >=',
  yearMax: 'year <=',
};
const COMPARISONS = Object.entries(COMPARISON) as [keyof typeof COMPARISON, string][];

/** One condition for each member of the filter. */
export function filterConditions({ q, ...filter }: CarFilter): SqlPart[] {
  const parts: SqlPart[] = [];
  for (const [name, comparison] of COMPARISONS) {
    const value = filter[name];
    if (value === undefined) continue;
    const values = typeof value === 'number' ? [value] : filterKeys(value);
    const sql = values.length === 1 ? `${comparison} ?` : comparison.replace('=', `IN (${marks(values)})`);
    parts.push({ sql, values });
  }
  return q === undefined ? parts : [...parts, searchCondition(q)];
}

function marks(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

/** The cars of which a searched text starts with `q`. */
function searchCondition(q: string): SqlPart {
  const ranges = SEARCHED_FIELDS.flatMap((field) =>
    prefixRanges(q).map((range) => keyRange(COLUMN[field], range)),
  );
  const { sql, values } = joinParts(ranges, ' OR ');
  return { sql: `(${sql})`, values };
}

export function keyRange(column: string, { from, to }: KeyRange): SqlPart {
  return to === undefined
    ? { sql: `${column} >= ?`, values: [from] }
    : { sql: `(${column} >= ? AND ${column} < ?)`, values: [from, to] };
}

/** A `WHERE` clause with all conditions; empty if there are none. */
export function whereClause(conditions: readonly SqlPart[]): SqlPart {
  const { sql, values } = joinParts(conditions, ' AND ');
  return { sql: sql === '' ? '' : ` WHERE ${sql}`, values };
}

export function orderBy(sort: readonly SortTerm[]): string {
  return ` ORDER BY ${sort.map((term) => COLUMN[term.field] + (term.descending ? ' DESC' : '')).join(', ')}`;
}

/**
 * The cars after a position, as disjoint ranges in the order of the sort. For `brand, id`: first
 * `brand = ? AND id > ?`, then `brand > ?`. Each is one range of an index that leads with the
 * sort's columns.
 */
export function rangesAfter(sort: readonly SortTerm[], position: PagePosition): SqlPart[] {
  return sort
    .map((_, depth) => ({
      sql: sort
        .slice(0, depth + 1)
        .map((term, index) => `${COLUMN[term.field]} ${index < depth ? '=' : term.descending ? '<' : '>'} ?`)
        .join(' AND '),
      values: position.slice(0, depth + 1),
    }))
    .reverse();
}

/** An index that is in the order of a sort; `backward` if it has to be read from its end. */
export interface OrderingIndex {
  readonly name: string;
  readonly backward: boolean;
}

/**
 * The index for a sort by one column and `id`. A query has to name it, because databases sometimes
 * read and sort every row instead. Undefined if a filter asks for equal values: that column's
 * index may be better, so the database chooses.
 */
export function orderingIndex(sort: readonly SortTerm[], filter: CarFilter): OrderingIndex | undefined {
  const [first, second, ...rest] = sort;
  const tiesById = second?.field === 'id' && !second.descending && rest.length === 0;
  if (first === undefined || isNarrowed(filter) || !tiesById) return undefined;
  return { name: `cars_by_${first.field}`, backward: first.descending };
}

/** Whether a filter asks for equal values. */
export function isNarrowed(filter: CarFilter): boolean {
  return FIELD_NAMES.some((name) => filter[name] !== undefined);
}

/**
 * One of the reads whose cars together hold a page: the first `limit + 1` cars, in the order of the
 * sort, that meet the conditions.
 */
export interface PagePart {
  /** Undefined if the database chooses. */
  readonly index: string | undefined;
  /** Whether the index is in the opposite order, so that {@link backwardParts} read it. */
  readonly backward: boolean;
  readonly conditions: readonly SqlPart[];
}

/** The one part of a page that is not planned; see {@link searchParts} for the others. */
export function wholePage({ sort, filter }: CarListQuery): PagePart {
  const index = orderingIndex(sort, filter);
  return {
    index: index?.name,
    backward: index?.backward ?? false,
    conditions: filterConditions(filter),
  };
}

/**
 * The statements whose rows together hold a part of a page that is read from an index's end; {@link
 * mergeCars} puts them in order. An index on `brand, id` read backward has descending ids, but ties
 * are by ascending id. So the last group of ties may be cut at its wrong end, and another statement
 * reads that group from its right end.
 * @param source the table with its index, in the engine's syntax.
 */
export function backwardParts(
  { sort, after, limit }: CarListQuery,
  { conditions: filters }: PagePart,
  source: string,
): SqlPart[] {
  const column = COLUMN[sort[0]?.field ?? 'id'];
  const [key, id] = after ?? [];
  const below: readonly SqlPart[] =
    key === undefined ? filters : [{ sql: `${column} < ?`, values: [key] }, ...filters];
  const select = (conditions: readonly SqlPart[], rest: string) => {
    const where = whereClause(conditions);
    return { sql: `SELECT ${LISTED_COLUMNS} FROM ${source}${where.sql} ${rest}`, values: where.values };
  };
  const wanted = limit + 1;
  const backward = `ORDER BY ${column} DESC, id DESC LIMIT`;
  const lastKey = whereClause(below);
  const lastGroup = {
    sql: `${column} = (SELECT ${column} FROM ${source}${lastKey.sql} ${backward} 1 OFFSET ${limit})`,
    values: lastKey.values,
  };
  const parts = [
    select(below, `${backward} ${wanted}`),
    select([lastGroup, ...filters], `ORDER BY id LIMIT ${wanted}`),
  ];
  if (key === undefined || id === undefined) return parts;
  const sameGroup = { sql: `${column} = ? AND id > ?`, values: [key, id] };
  return [select([sameGroup, ...filters], `ORDER BY id LIMIT ${wanted}`), ...parts];
}

/** Puts the cars of several reads in the order of the sort, each once. */
export function mergeCars(cars: readonly ListedCar[], sort: readonly SortTerm[]): ListedCar[] {
  const each = new Map(cars.map((car) => [car.id, car]));
  return Array.from(each.values(), (car) => ({ car, position: positionOf(car, sort) }))
    .sort((a, b) => comparePositions(a.position, b.position, sort))
    .map(({ car }) => car);
}

function comparePositions(a: PagePosition, b: PagePosition, sort: readonly SortTerm[]): number {
  for (const [index, { descending }] of sort.entries()) {
    const order = compareKeys(a[index] ?? '', b[index] ?? '');
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

/**
 * Compares as the databases do: numbers by value, texts by their UTF-8 bytes (JavaScript compares
 * UTF-16 units).
 */
function compareKeys(a: string | number, b: string | number): number {
  if (a === b) return 0;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}
