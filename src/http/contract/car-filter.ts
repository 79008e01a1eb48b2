/** Turns the parameters of a route that filters cars into a filter. */

import type { CarFilter } from '../../cars/car-list.ts';
import { FilterParameters } from './schemas.ts';

const NAMES = Object.keys(FilterParameters) as readonly (keyof CarFilter)[];

/** @param parameters validated by {@link FilterParameters}. Others are left out. */
export function toCarFilter(parameters: CarFilter): CarFilter {
  const filter: Record<string, unknown> = {};
  for (const name of NAMES) if (parameters[name] !== undefined) filter[name] = parameters[name];
  return filter;
}
