/** A client of the Cars API. */

export type { BatchReport, RejectedRow } from './batches.ts';
export {
  type Car,
  type CarChange,
  type CarInput,
  type CarPatch,
  type CarRow,
  type CarsClient,
  type ChangeOptions,
  type CountQuery,
  type CreateManyOptions,
  type CreateOptions,
  createCarsClient,
  type ExportOptions,
  type ExportTextOptions,
  type Filters,
  type Page,
  type PageQuery,
  type RequestOptions,
  type Settings,
  type SortKey,
} from './cars-client.ts';
export { CsvError, type CsvRecord, splitCsv, type TextSource } from './csv.ts';
export { ConflictError, ConnectionError, type Problem, ProblemError, type StoredCar } from './errors.ts';
