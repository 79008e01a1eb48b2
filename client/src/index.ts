/** A client of the Cars API. */

export {
  type Car,
  type CarChange,
  type CarInput,
  type CarPatch,
  type CarsClient,
  type ChangeOptions,
  type CreateOptions,
  createCarsClient,
  type Filters,
  type Page,
  type PageQuery,
  type RequestOptions,
  type Settings,
  type SortKey,
} from './cars-client.ts';
export { ConflictError, ConnectionError, type Problem, ProblemError, type StoredCar } from './errors.ts';
