/** Makes every method of a store reject, to see what clients get when the database fails. */

import type { CarStore } from '../../src/cars/car-store.ts';

/** @param failure returns what to reject with. */
export function failStore(cars: CarStore, failure: () => unknown): void {
  const reject = () => Promise.reject(failure());
  const { waits, ...methods } = cars;
  for (const name of Object.keys(methods)) Object.assign(cars, { [name]: reject });
}
