/** The statement that counts the cars with each value of a field. */

import { FIELD_TYPES } from '../cars/car.ts';
import type { CountsQuery } from '../cars/car-counts.ts';
import { COLUMN, filterConditions, type SqlPart, whereClause } from './list-sql.ts';

/**
 * Selects values and numbers of cars: texts by descending number, then by key; years in order.
 * @param indexed the table with an index, in the engine's syntax.
 * @param limits conditions that every car meets. They go first.
 */
export function countsSql(
  { filter, by, limit }: CountsQuery,
  indexed: (index: string) => string,
  limits: readonly SqlPart[] = [],
): SqlPart {
  const { sql: where, values } = whereClause([...limits, ...filterConditions(filter)]);
  const column = COLUMN[by];
  const grouped = `COUNT(*) AS cars FROM cars${where} GROUP BY ${column}`;
  if (FIELD_TYPES[by] === 'integer') {
    return { sql: `SELECT ${column} AS value, ${grouped} ORDER BY ${column} LIMIT ${limit}`, values };
  }
  const counted = `SELECT ${column} AS counted_key, ${grouped}`;
  const order = 'ORDER BY cars DESC, counted_key';
  const first = `SELECT ${by} FROM ${indexed(`cars_by_${by}`)} WHERE ${column} = counted_key ORDER BY id LIMIT 1`;
  return {
    sql: `SELECT (${first}) AS value, cars FROM (${counted} ${order} LIMIT ${limit}) AS counted ${order}`,
    values,
  };
}
