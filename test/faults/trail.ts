/** Checks that the audit trail has every change that the database holds, and no other. */

import type { TestDatabase } from '../support/test-database.ts';

export interface Trail {
  readonly cars: number;
  readonly entries: number;
  /**
   * Versions of cars, from 1 to the last, that have no entry or more than one; entries of versions
   * that there are not.
   */
  readonly wrong: readonly string[];
}

/**
 * Compares rows with entries: a car has an entry for each of its versions, the last of which holds
 * what the car is.
 */
export async function checkTrail(database: TestDatabase): Promise<Trail> {
  const cars = await database.query('SELECT id, version, brand, model, year FROM cars');
  const entries = await database.query(
    'SELECT car_id, version, kind, brand_after AS brand, model_after AS model, year_after AS year FROM car_changes ORDER BY id',
  );
  const histories = Map.groupBy(entries, (entry) => Number(entry['car_id']));
  const wrong: string[] = [];
  const stored = new Map(cars.map((car) => [Number(car['id']), car]));
  for (const id of new Set([...stored.keys(), ...histories.keys()])) {
    const car = stored.get(id);
    const history = histories.get(id) ?? [];
    const last = history.at(-1);
    const inOrder = history.every((entry, index) => Number(entry['version']) === index + 1);
    const isThere = last !== undefined && last['kind'] !== 'deleted';
    const same =
      car === undefined
        ? !isThere
        : isThere && ['version', 'brand', 'model', 'year'].every((name) => car[name] === last[name]);
    if (!inOrder || !same) wrong.push(`${id}: ${JSON.stringify(car)} but ${JSON.stringify(history)}`);
  }
  return { cars: cars.length, entries: entries.length, wrong };
}
