/** The client of one service. */

import createClient from 'openapi-fetch';
import { ConflictError, type StoredCar, toProblemError } from './errors.ts';
import type { components, operations, paths } from './openapi.ts';
import { send, type Transport } from './send.ts';

export type Car = components['schemas']['Car'];
export type CarInput = components['schemas']['CarInput'];
export type CarPatch = components['schemas']['CarPatch'];
export type CarChange = components['schemas']['CarChange'];

type ListParameters = NonNullable<operations['listCars']['parameters']['query']>;

type FilterParameters = Omit<ListParameters, 'sort' | 'limit' | 'cursor' | 'count'>;
type OneOrMany<Value> = Value extends (infer One)[] ? One | readonly One[] : Value;

/** Which cars: all conditions hold. Of several values for one member, any may match. */
export type Filters = { readonly [Name in keyof FilterParameters]: OneOrMany<FilterParameters[Name]> };

/** `-` sorts descending. */
export type SortKey = `${'' | '-'}${keyof Car}`;

export interface PageQuery extends Filters {
  readonly sort?: readonly SortKey[];
  /** Cars per page, 1 to 1000. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
  /** `exact` also counts all cars that match. */
  readonly count?: 'exact';
}

export interface Page {
  readonly cars: Car[];
  /** The cursor of the next page; undefined on the last one. */
  readonly next: string | undefined;
  /** How many cars match, if the query asked for it. */
  readonly total: number | undefined;
}

export interface Settings {
  /** The address of the service, such as `https://cars.example.com`. */
  readonly url: string | URL;
  /** An API key or an access token. A function is called for each request. */
  readonly apiKey?: string | (() => string | Promise<string>);
  /** Milliseconds to wait for an answer. Default: 30,000. */
  readonly timeout?: number;
  /** For how many milliseconds a request is repeated. Default: 30,000. */
  readonly retryFor?: number;
  /** Sends a request, in place of the global `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** In browsers, finishes the request even if the page is left. */
  readonly keepalive?: boolean;
}

export interface ChangeOptions extends RequestOptions {
  /** The ETag that you have read. If the car has another one, {@link ConflictError} is thrown. */
  readonly ifMatch?: string;
}

export interface CreateOptions extends RequestOptions {
  /** Creates the car once, also if you send it again with this key. Default: a random one. */
  readonly idempotencyKey?: string;
}

export type CarsClient = ReturnType<typeof createCarsClient>;

/** Creates a client. It opens no connection before the first request. */
export function createCarsClient(settings: Settings) {
  const { url, apiKey, timeout = 30_000, retryFor = 30_000, fetch = globalThis.fetch } = settings;
  // Called as a function, because a browser's fetch must not be called as a method.
  const transport: Transport = { timeout, retryFor, fetch: (request) => fetch(request) };
  const api = createClient<paths>({
    baseUrl: String(url),
    fetch: (request) => send(request, transport),
  });
  if (apiKey !== undefined) {
    api.use({
      async onRequest({ request }) {
        const key = typeof apiKey === 'string' ? apiKey : await apiKey();
        request.headers.set('authorization', `Bearer ${key}`);
      },
    });
  }

  async function get(id: number, options: RequestOptions = {}): Promise<StoredCar> {
    const result = await api.GET('/cars/{id}', { ...options, params: { path: { id } } });
    return withEtag(dataOf(result), result.response);
  }

  /** Throws {@link ConflictError} for a stale ETag. */
  async function checkVersion({ error, response }: Result, id: number, options: ChangeOptions) {
    if (response.status !== 412) return;
    const { problem } = toProblemError(error, response);
    const current = await get(id, options).catch(() => undefined);
    options.signal?.throwIfAborted();
    throw new ConflictError(problem, response, current);
  }

  async function page(query: PageQuery = {}, options: RequestOptions = {}): Promise<Page> {
    const { sort, ...others } = query;
    const parameters = { ...toParameters(others), ...(sort && { sort: sort.join() }) };
    const result = await api.GET('/cars', { ...options, params: { query: parameters } });
    const total = result.response.headers.get('x-total-count');
    return {
      cars: dataOf(result),
      next: nextCursor(result.response),
      total: total === null ? undefined : Number(total),
    };
  }

  return {
    /** Creates a car. */
    async create(car: CarInput, options: CreateOptions = {}): Promise<StoredCar> {
      const { idempotencyKey = randomKey(), ...others } = options;
      const header = { 'idempotency-key': idempotencyKey };
      const result = await api.POST('/cars', { ...others, params: { header }, body: car });
      return withEtag(dataOf(result), result.response);
    },

    /** Reads a car. */
    get,

    /** Reads one page of the cars that match. */
    page,

    /** Reads all cars that match, page by page. `limit` is the size of a page. */
    async *list(query: Omit<PageQuery, 'count'> = {}, options: RequestOptions = {}): AsyncGenerator<Car> {
      let cursor = query.cursor;
      do {
        const { cars, next } = await page({ limit: 1000, ...query, ...(cursor && { cursor }) }, options);
        yield* cars;
        cursor = next;
      } while (cursor !== undefined);
    },

    /** Changes some members. Returns undefined if the key cannot read cars. */
    async update(id: number, changes: CarPatch, options: ChangeOptions = {}): Promise<StoredCar | undefined> {
      const { ifMatch, ...others } = options;
      const params = { path: { id }, header: matching(ifMatch) };
      const result = await api.PATCH('/cars/{id}', { ...others, params, body: withoutEtag(changes) });
      await checkVersion(result, id, options);
      const car = dataOf(result);
      return car && withEtag(car, result.response);
    },

    /** Replaces all members. */
    async replace(id: number, car: CarInput, options: ChangeOptions = {}): Promise<StoredCar> {
      const { ifMatch, ...others } = options;
      const params = { path: { id }, header: matching(ifMatch) };
      const result = await api.PUT('/cars/{id}', { ...others, params, body: withoutEtag(car) });
      await checkVersion(result, id, options);
      return withEtag(dataOf(result), result.response);
    },

    /** Deletes a car. */
    async delete(id: number, options: ChangeOptions = {}): Promise<void> {
      const { ifMatch, ...others } = options;
      const params = { path: { id }, header: matching(ifMatch) };
      const result = await api.DELETE('/cars/{id}', { ...others, params });
      await checkVersion(result, id, options);
      dataOf(result);
    },

    /** Reads all changes of a car, newest first, page by page. */
    async *history(id: number, options: RequestOptions = {}): AsyncGenerator<CarChange> {
      let cursor: string | undefined;
      do {
        const query = { limit: 1000, ...(cursor && { cursor }) };
        const result = await api.GET('/cars/{id}/history', { ...options, params: { path: { id }, query } });
        yield* dataOf(result);
        cursor = nextCursor(result.response);
      } while (cursor !== undefined);
    },
  };
}

interface Result<Data = unknown> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/** Returns the body of a success. Throws {@link ProblemError} for any other answer. */
function dataOf<Data>({ data, error, response }: Result<Data>): Data {
  if (!response.ok) throw toProblemError(error, response);
  return data as Data;
}

function withEtag(car: Car, { headers }: Response): StoredCar {
  return { ...car, etag: headers.get('etag') ?? '' };
}

/** So that a car that was read can be sent back. */
function withoutEtag<Fields extends CarPatch>(fields: Fields & { readonly etag?: unknown }): Fields {
  const { etag: _, ...others } = fields;
  return others as Fields;
}

function toParameters(filters: Filters & Omit<PageQuery, 'sort'>): Omit<ListParameters, 'sort'> {
  // One value is sent like an array of one.
  return filters as Omit<ListParameters, 'sort'>;
}

function matching(etag: string | undefined) {
  return etag === undefined ? {} : { 'if-match': etag };
}

function nextCursor({ headers }: Response): string | undefined {
  const next = /<([^>]*)>;\s*rel="next"/.exec(headers.get('link') ?? '')?.[1];
  // The URL is relative.
  return next && (new URL(next, 'http://localhost').searchParams.get('cursor') ?? undefined);
}

/** `crypto.randomUUID` is missing on pages that were not loaded over HTTPS. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-');
}
