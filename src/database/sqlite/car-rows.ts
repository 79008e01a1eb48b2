/** Rows of the table `cars` as SQLite returns them. */

import type { SQLOutputValue } from 'node:sqlite';
import type { Car } from '../../cars/car.ts';
import type { ListedCar } from '../../cars/car-list.ts';
import { safeId } from '../safe-id.ts';

type Row = Record<string, SQLOutputValue>;

export function toListedCar(row: Row): ListedCar {
  return {
    brand: String(row['brand']),
    id: safeId(row['id']),
    model: String(row['model']),
    year: Number(row['year']),
  };
}

export function toCar(row: Row): Car {
  return { ...toListedCar(row), version: Number(row['version']) };
}
