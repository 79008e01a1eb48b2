/**
 * The parts of a list query that both engines share: filter conditions, the start after a position,
 * the order.
 */

import { FIELD_NAMES, textKey } from '../cars/car.ts';
import {
  type CarFilter,
  type CarListQuery,
  type ListedCar,
  type PagePosition,
  positionOf,
  type SortField,
  type SortTerm,
} from '../cars/car-list.ts';
import { FIELD_COLUMNS } from './car-columns.ts';

/** A piece of SQL with its values, one for each `?`. */
export interface SqlPart {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** The members of a {@link ListedCar}; the index `cars_by_brand_and_year` holds them all. */
export const LISTED_COLUMNS = `id, ${FIELD_COLUMNS}`;

const COLUMN: Record<SortField, string> = { id: 'id', brand: 'brand_key', model: 'model_key', year: 'year' };

/** Joins parts: their SQL by `separator`, their values one after another. */
export function joinParts(parts: readonly SqlPart[], separator: string): SqlPart {
  return {
    sql: parts.map((part) => part.sql).join(separator),
    values: parts.flatMap((part) => part.values),
  };
}

const CONDITION: Record<keyof CarFilter, string> = {
  brand: 'brand_key = ?',
  model: 'model_key = ?',
  year: 'year = ?',
  yearMin: 'year >= ?',
  yearMax: 'year <= ?',
};
const CONDITIONS = Object.entries(CONDITION) as [keyof CarFilter, string][];

/** One condition for each member of the filter. */
export function filterConditions(filter: CarFilter): SqlPart[] {
  const parts: SqlPart[] = [];
  for (const [name, sql] of CONDITIONS) {
    const value = filter[name];
    if (value !== undefined)
      parts.push({ sql, values: [typeof value === 'string' ? textKey(value) : value] });
  }
  return parts;
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
 * read and sort every row instead. Undefined if a filter asks for an equal value: that column's
 * index may be better, so the database chooses.
 */
export function orderingIndex(sort: readonly SortTerm[], filter: CarFilter): OrderingIndex | undefined {
  const [first, second, ...rest] = sort;
  const narrowed = FIELD_NAMES.some((name) => filter[name] !== undefined);
  const tiesById = second?.field === 'id' && !second.descending && rest.length === 0;
  if (first === undefined || narrowed || !tiesById) return undefined;
  return { name: `cars_by_${first.field}`, backward: first.descending };
}

/**
 * The statements whose rows together hold a page that is read from an index's end; {@link regroup}
 * puts them in order. An index on `brand, id` read backward has descending ids, but ties are by
 * ascending id. So the last group of ties may be cut at its wrong end, and another statement reads
 * that group from its right end.
 * @param source the table with its index, in the engine's syntax.
 */
export function backwardParts({ filter, sort, after, limit }: CarListQuery, source: string): SqlPart[] {
  const column = COLUMN[sort[0]?.field ?? 'id'];
  const filters = filterConditions(filter);
  const [key, id] = after ?? [];
  const below: SqlPart[] =
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

/** Sorts the rows of {@link backwardParts}: descending by the first term, ties by ascending id. */
export function regroup(cars: readonly ListedCar[], sort: readonly SortTerm[]): ListedCar[] {
  const each = new Map(cars.map((car) => [car.id, car]));
  const groups = Map.groupBy(each.values(), (car) => positionOf(car, sort)[0] ?? '');
  return [...groups]
    .sort(([a], [b]) => compareKeys(b, a))
    .flatMap(([, group]) => group.sort((a, b) => a.id - b.id));
}

/**
 * Compares as the databases do: numbers by value, texts by their UTF-8 bytes (JavaScript compares
 * UTF-16 units).
 */
function compareKeys(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}
