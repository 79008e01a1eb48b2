/** The requests on cars that the page sends. */

import { MissingEtagError, type Problem } from './problem.ts';
import { LONG_WAIT, send } from './send.ts';

export interface CarFields {
  readonly brand: string;
  readonly model: string;
  readonly year: number;
}

export interface Car extends CarFields {
  readonly id: number;
}

export type FieldName = keyof CarFields;

export const FIELD_NAMES: readonly FieldName[] = ['brand', 'model', 'year'];

/** A car and its ETag, for If-Match. */
export interface VersionedCar {
  readonly car: Car;
  readonly etag: string;
}

export type SortField = FieldName | 'id';

/** Which cars. Values of one column are alternatives. */
export interface Filter {
  readonly q: string;
  readonly brand: readonly string[];
  readonly model: readonly string[];
  readonly year: readonly number[];
  readonly yearMin: number | undefined;
  readonly yearMax: number | undefined;
}

export interface Page {
  readonly cars: readonly Car[];
  /** The cursor of the next page, if there is one. */
  readonly next: string | undefined;
  /** How many cars match, if asked for. */
  readonly total: number | undefined;
}

export interface Change {
  readonly change: 'created' | 'updated' | 'deleted';
  readonly version: number;
  readonly caller: string;
  readonly time: string;
  readonly before: CarFields | null;
  readonly after: CarFields | null;
}

export interface Count<Value extends string | number = string | number> {
  readonly value: Value;
  readonly cars: number;
}

/** The query of a filter, without the parameters that are not set. */
export function filterQuery({ q, brand, model, year, yearMin, yearMax }: Filter): URLSearchParams {
  const query = new URLSearchParams();
  if (q !== '') query.set('q', q);
  for (const value of brand) query.append('brand', value);
  for (const value of model) query.append('model', value);
  for (const value of year) query.append('year', String(value));
  if (yearMin !== undefined) query.set('yearMin', String(yearMin));
  if (yearMax !== undefined) query.set('yearMax', String(yearMax));
  return query;
}

export interface PageRequest {
  readonly filter: Filter;
  readonly sort: string;
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly count: boolean;
}

export async function listCars(
  { filter, sort, limit, cursor, count }: PageRequest,
  signal: AbortSignal,
): Promise<Page> {
  const query = filterQuery(filter);
  query.set('sort', sort);
  query.set('limit', String(limit));
  if (cursor !== undefined) query.set('cursor', cursor);
  if (count) query.set('count', 'exact');
  const response = await send(`/cars?${query}`, { signal, isCostly: count });
  const total = response.headers.get('x-total-count');
  return {
    cars: await response.json(),
    next: nextCursor(response.headers.get('link') ?? ''),
    total: total === null ? undefined : Number(total),
  };
}

/** The cursor in the link with `rel="next"`. */
function nextCursor(links: string): string | undefined {
  const target = /<([^>]*)>;\s*rel="next"/.exec(links)?.[1];
  return target === undefined
    ? undefined
    : (new URL(target, location.origin).searchParams.get('cursor') ?? undefined);
}

export async function countBy(
  column: FieldName,
  filter: Filter,
  limit: number,
  signal: AbortSignal,
): Promise<Count[]> {
  const query = filterQuery(filter);
  query.set('by', column);
  query.set('limit', String(limit));
  return (await send(`/cars/counts?${query}`, { signal })).json();
}

export async function getCar(id: number, signal?: AbortSignal): Promise<VersionedCar> {
  const response = await send(`/cars/${id}`, { signal });
  // A proxy that compresses makes the ETag weak, and If-Match accepts no weak one.
  const etag = response.headers.get('etag')?.replace(/^W\//, '');
  if (etag === undefined) throw new MissingEtagError('The response has no ETag.');
  return { car: await response.json(), etag };
}

/** @param key makes a retry safe. */
export async function createCar(fields: CarFields, key: string): Promise<Car> {
  const headers = { 'idempotency-key': key };
  return (await send('/cars', { method: 'POST', body: fields, headers, repeatable: true })).json();
}

/** Rejects with `version-mismatch` if the car changed since it had this ETag. */
export async function changeCar(id: number, fields: Partial<CarFields>, etag: string): Promise<Car> {
  const headers = { 'if-match': etag };
  return (await send(`/cars/${id}`, { method: 'PATCH', body: fields, headers })).json();
}

/** Rejects with `version-mismatch` if the car changed since it had this ETag. */
export async function deleteCar(id: number, etag: string, keepalive: boolean): Promise<void> {
  await send(`/cars/${id}`, { method: 'DELETE', headers: { 'if-match': etag }, keepalive });
}

export interface HistoryPage {
  /** Newest first. */
  readonly changes: readonly Change[];
  /** The cursor of older changes, if there are any. */
  readonly next: string | undefined;
}

export async function getHistory(
  id: number,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<HistoryPage> {
  const query = new URLSearchParams({ limit: '1000' });
  if (cursor !== undefined) query.set('cursor', cursor);
  const response = await send(`/cars/${id}/history?${query}`, { signal });
  return { changes: await response.json(), next: nextCursor(response.headers.get('link') ?? '') };
}

/** Why a line of a batch is no car. */
export interface Rejection {
  readonly line: number;
  readonly problem: Problem;
}

export interface BatchResult {
  readonly created: number;
  /** Whether an earlier request with the same key created these cars. */
  readonly isReplayed: boolean;
  readonly rejected: readonly Rejection[];
}

/**
 * Creates the cars of some lines of NDJSON.
 * @param key makes a retry safe: the same lines with the same key create nothing again.
 */
export async function createBatch(lines: string, key: string, signal: AbortSignal): Promise<BatchResult> {
  const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': key };
  const options = { body: lines, headers, repeatable: true, maxWait: LONG_WAIT, signal };
  const response = await send('/cars/batch', { method: 'POST', ...options });
  const isReplayed = response.headers.has('idempotency-replayed');
  return { ...(await response.json()), isReplayed };
}

/** A key that no other request has. Works without HTTPS, unlike `crypto.randomUUID`. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-');
}
