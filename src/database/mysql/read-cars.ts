/** Reads: one car among others in one statement, a page, a count. */

import { format } from 'mysql2';
import type { Car } from '../../cars/car.ts';
import { CarError } from '../../cars/car-error.ts';
import type { CarFilter, CarListQuery, CarPage } from '../../cars/car-list.ts';
import type { Outcome } from '../batch.ts';
import {
  backwardParts,
  CAR_COLUMNS,
  filterConditions,
  joinParts,
  orderBy,
  orderingIndex,
  rangesBehind,
  regroup,
  type SqlPart,
  whereClause,
} from '../list-sql.ts';
import { type CarRow, SELECT_CARS, toCar } from './car-rows.ts';
import type { Session } from './session.ts';

/** One outcome for each id, in their order; an id may be there twice. */
export async function getCars(session: Session, ids: readonly number[]): Promise<Outcome<Car>[]> {
  const rows = await session.run<CarRow[]>(`${SELECT_CARS} WHERE id IN (${ids.join(',')})`);
  const cars = new Map(rows.map((row) => [row[0], toCar(row)]));
  return ids.map((id) => cars.get(id) ?? new CarError('car-not-found'));
}

export async function listCars(session: Session, query: CarListQuery): Promise<CarPage> {
  const { sort, filter, limit } = query;
  const index = orderingIndex(sort, filter);
  const source = index === undefined ? 'cars' : `cars FORCE INDEX (${index.name})`;
  const statement = index?.backward
    ? joinParts(backwardParts(query, source), ') UNION ALL (')
    : forward(query, source);
  const sql = format(index?.backward ? `(${statement.sql})` : statement.sql, [...statement.values]);
  const rows = (await session.run<CarRow[]>(sql)).map(toCar);
  const cars = index?.backward ? regroup(rows, sort) : rows;
  return { cars: cars.slice(0, limit), more: cars.length > limit };
}

/** The ranges behind the page's start are one condition: the optimizer reads them as ranges of one index, in order. */
function forward({ filter, sort, after, limit }: CarListQuery, source: string): SqlPart {
  const ranges = after === undefined ? undefined : joinParts(rangesBehind(sort, after), ') OR (');
  const behind = ranges === undefined ? [] : [{ sql: `((${ranges.sql}))`, values: ranges.values }];
  const where = whereClause([...behind, ...filterConditions(filter)]);
  return {
    sql: `SELECT ${CAR_COLUMNS} FROM ${source}${where.sql}${orderBy(sort)} LIMIT ${limit + 1}`,
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
