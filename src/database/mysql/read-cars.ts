/** Reads: one car among others in one statement, a page, a count. */

import { format } from 'mysql2';
import type { Car } from '../../cars/car.ts';
import { CarError } from '../../cars/car-error.ts';
import type { CarFilter, CarListQuery, CarPage } from '../../cars/car-list.ts';
import type { Outcome } from '../batch.ts';
import {
  filterConditions,
  joinParts,
  orderBy,
  orderingIndex,
  rangesBehind,
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
  const { filter, sort, after, limit } = query;
  const index = orderingIndex(sort, filter);
  const where = whereClause([...(after === undefined ? [] : [behind(query)]), ...filterConditions(filter)]);
  const sql = `${SELECT_CARS}${index === undefined ? '' : ` FORCE INDEX (${index})`}${where.sql}${orderBy(sort)} LIMIT ${limit + 1}`;
  const rows = await session.run<CarRow[]>(format(sql, [...where.values]));
  return { cars: rows.slice(0, limit).map(toCar), more: rows.length > limit };
}

/** The ranges behind the page's start as one condition: the optimizer reads them as ranges of one index, in order. */
function behind({ sort, after = [] }: CarListQuery): SqlPart {
  const { sql, values } = joinParts(rangesBehind(sort, after), ') OR (');
  return { sql: `((${sql}))`, values };
}

export async function countCars(session: Session, filter: CarFilter): Promise<number> {
  const where = whereClause(filterConditions(filter));
  const [row] = await session.run<[[number]]>(
    format(`SELECT COUNT(*) FROM cars${where.sql}`, [...where.values]),
  );
  return row[0];
}
