/** The parts of a list query that both engines share: conditions, the seek behind a position, the order. */

import { textKey } from '../cars/car.ts';
import type { CarFilter, PagePosition, SortField, SortTerm } from '../cars/car-list.ts';

/** A piece of SQL with its values, one for each `?`. */
export interface SqlPart {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

export const CAR_COLUMNS = 'id, brand, model, year, version';

const COLUMN: Record<SortField, string> = { id: 'id', brand: 'brand_key', model: 'model_key', year: 'year' };

/** Joins parts: their SQL by `separator`, their values one after another. */
export function joinParts(parts: readonly SqlPart[], separator: string): SqlPart {
  return {
    sql: parts.map((part) => part.sql).join(separator),
    values: parts.flatMap((part) => part.values),
  };
}

/** One condition for each member of the filter. */
export function filterConditions(filter: CarFilter): SqlPart[] {
  const parts: SqlPart[] = [];
  if (filter.brand !== undefined) parts.push({ sql: 'brand_key = ?', values: [textKey(filter.brand)] });
  if (filter.model !== undefined) parts.push({ sql: 'model_key = ?', values: [textKey(filter.model)] });
  if (filter.year !== undefined) parts.push({ sql: 'year = ?', values: [filter.year] });
  if (filter.yearMin !== undefined) parts.push({ sql: 'year >= ?', values: [filter.yearMin] });
  if (filter.yearMax !== undefined) parts.push({ sql: 'year <= ?', values: [filter.yearMax] });
  return parts;
}

/** A `WHERE` clause of all conditions, or nothing where there is none. */
export function whereClause(conditions: readonly SqlPart[]): SqlPart {
  const { sql, values } = joinParts(conditions, ' AND ');
  return { sql: sql === '' ? '' : ` WHERE ${sql}`, values };
}

export function orderBy(sort: readonly SortTerm[]): string {
  return ` ORDER BY ${sort.map((term) => COLUMN[term.field] + (term.descending ? ' DESC' : '')).join(', ')}`;
}

/**
 * The cars behind a position, as ranges that exclude each other, in the order of the sort. For `brand, id`: first
 * `brand = ? AND id > ?`, then `brand > ?`. Each is one range of an index that leads with the sort's columns.
 */
export function rangesBehind(sort: readonly SortTerm[], position: PagePosition): SqlPart[] {
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

/**
 * The index that gives the order by itself, where the sort has one column beside `id` and no filter asks for an
 * equal value (then that value's own index may be better, which the database decides). Without being told, a
 * database at times reads and sorts every row instead.
 */
export function orderingIndex(sort: readonly SortTerm[], filter: CarFilter): string | undefined {
  const [first, ...rest] = sort;
  const narrowed = filter.brand !== undefined || filter.model !== undefined || filter.year !== undefined;
  if (first === undefined || first.field === 'id' || narrowed) return undefined;
  const tiesById = rest.length === 1 && rest[0]?.field === 'id' && !rest[0].descending;
  if (!tiesById) return undefined;
  return `cars_by_${first.field}${first.descending ? '_desc' : ''}`;
}
