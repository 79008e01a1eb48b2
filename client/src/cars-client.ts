/** The client of one service. */

import createClient from 'openapi-fetch';
import {
  type Batch,
  type BatchReport,
  batchCsv,
  batchRows,
  MAX_ROWS,
  sendBatches,
  toReport,
} from './batches.ts';
import type { TextSource } from './csv.ts';
import {
  ConflictError,
  type ConnectionError,
  type ProblemError,
  type StoredCar,
  toProblemError,
} from './errors.ts';
import type { components, operations, paths } from './openapi.ts';
import { toRunKey } from './run-key.ts';
import { type Course, follow, noteSuccess, receiveHead, send, startCourse, type Transport } from './send.ts';
import { streamLines } from './stream-lines.ts';

export type Car = components['schemas']['Car'];
export type CarInput = components['schemas']['CarInput'];
export type CarPatch = components['schemas']['CarPatch'];
export type CarChange = components['schemas']['CarChange'];

type ListParameters = NonNullable<operations['listCars']['parameters']['query']>;

type FilterParameters = Omit<ListParameters, 'sort' | 'limit' | 'cursor' | 'count'>;
type CountParameters = operations['countCars']['parameters']['query'];
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

export interface CountQuery extends Filters {
  readonly by: CountParameters['by'];
  /** How many values to return, 1 to 1000. */
  readonly limit?: number;
}

export interface Settings {
  /** The address of the service, such as `https://cars.example.com`. */
  readonly url: string | URL;
  /** An API key or an access token. A function is called for each request. */
  readonly apiKey?: string | (() => string | Promise<string>);
  /** Milliseconds to wait for a response. Default: 30,000. */
  readonly timeout?: number;
  /** How many milliseconds to retry a request that fails. Default: 30,000. */
  readonly retryFor?: number;
  /** Called before each retry, with the reason and the milliseconds until the retry. */
  readonly onRetry?: (error: ProblemError | ConnectionError, wait: number) => void;
  /** Sends a request, in place of the global `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** In browsers, finishes the request even if the page is left. */
  readonly keepalive?: boolean;
}

export interface ChangeOptions extends RequestOptions {
  /** The ETag that you have read. If the car has another ETag, throws {@link ConflictError}. */
  readonly ifMatch?: string;
}

export interface CreateOptions extends RequestOptions {
  /** If you send the car again with this key, no second car is created. Default: a random key. */
  readonly idempotencyKey?: string;
}

export interface CreateManyOptions extends RequestOptions {
  /**
   * Identifies the rows, for example by a hash of their file. Set it to be able to resume: sending the same
   * rows again under the same name creates nothing. May have any length. Default: a random name.
   */
  readonly name?: string;
  /** Rows in a batch, 1 to 1000. Default: 1000. */
  readonly batchSize?: number;
  /** How many batches to send at the same time. Default: 4. */
  readonly concurrency?: number;
  /** Creates no car of a batch if any row of it is rejected, and throws {@link ProblemError}. */
  readonly atomic?: boolean;
  /** Validates the rows and creates nothing. */
  readonly dryRun?: boolean;
  /** Drops columns and fields that a car does not have, instead of rejecting them. */
  readonly ignoreExtra?: boolean;
}

export interface ExportOptions extends RequestOptions {
  /** Only cars with a greater id. */
  readonly afterId?: number;
}

export interface ExportTextOptions extends ExportOptions {
  /** CSV starts with a header, unless `afterId` continues an export. */
  readonly format: 'csv' | 'ndjson';
  /** In CSV, neutralises texts that a spreadsheet would run as formulas. */
  readonly safe?: 'spreadsheet';
}

export type CarsClient = ReturnType<typeof createCarsClient>;

/** Creates a client. It opens no connection before the first request. */
export function createCarsClient(settings: Settings) {
  const { url, apiKey, timeout = 30_000, retryFor = 30_000, onRetry = () => {} } = settings;
  const { fetch = globalThis.fetch } = settings;
  // Called as a function, because a browser's fetch must not be called as a method.
  const transport: Transport = { timeout, retryFor, onRetry, fetch: (request) => fetch(request) };
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

  async function* sendAll<Row>(
    batches: AsyncIterable<Batch<Row>>,
    choice: CreateManyOptions,
  ): AsyncGenerator<BatchReport<Row>> {
    const {
      name = randomKey(),
      batchSize: _,
      concurrency = 4,
      atomic,
      dryRun,
      ignoreExtra,
      ...options
    } = choice;
    const runKey = toRunKey(name);
    const course = startCourse();
    const end = new AbortController();
    const unfollow = follow(options.signal, end);
    const query = {
      ...(atomic && { atomic: 'true' as const }),
      ...(dryRun && { dryRun: 'true' as const }),
      ...(ignoreExtra && { extra: 'ignore' as const }),
    };
    const sendBatch = async (batch: Batch<Row>, number: number) => {
      const result = await api.POST('/cars/batch', {
        ...options,
        signal: end.signal,
        params: { query, header: { 'idempotency-key': `${runKey}/${number}` } },
        headers: { 'content-type': batch.type },
        body: batch.body,
        bodySerializer: (body) => body,
        fetch: (request) => send(request, transport, course),
      });
      const answer = dataOf(result);
      noteSuccess(course);
      return toReport(batch, number, answer, result.response.headers.has('idempotency-replayed'));
    };
    try {
      yield* sendBatches(batches, sendBatch, concurrency);
    } finally {
      unfollow();
      end.abort();
    }
  }

  /** Yields the lines of an export, without their line feeds. */
  function exportLines(filters: Filters, options: ExportTextOptions): AsyncGenerator<string[]> {
    const { format, afterId, safe, ...others } = options;
    const open = async (last: string | undefined, course: Course) => {
      const after = (last === undefined ? undefined : idOf(last, format)) ?? afterId;
      const query = { ...toParameters(filters), ...(after !== undefined && { afterId: after }) };
      const init = {
        ...others,
        parseAs: 'stream',
        fetch: (request: Request) => send(request, transport, course, receiveHead),
      } as const;
      const result =
        format === 'ndjson'
          ? await api.GET('/cars.ndjson', { ...init, params: { query } })
          : await api.GET('/cars.csv', { ...init, params: { query: { ...query, ...(safe && { safe }) } } });
      return dataOf(result) as ReadableStream<Uint8Array>;
    };
    return streamLines({ open, headerLines: format === 'csv' ? 1 : 0, signal: options.signal }, transport);
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

    /** Changes some fields. Returns undefined if the API key cannot read cars. */
    async update(id: number, changes: CarPatch, options: ChangeOptions = {}): Promise<StoredCar | undefined> {
      const { ifMatch, ...others } = options;
      const params = { path: { id }, header: matching(ifMatch) };
      const result = await api.PATCH('/cars/{id}', { ...others, params, body: withoutEtag(changes) });
      await checkVersion(result, id, options);
      const car = dataOf(result);
      return car && withEtag(car, result.response);
    },

    /** Replaces all fields. */
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

    /** Counts the cars that match for each brand, model or year. */
    async counts({ by, limit, ...filters }: CountQuery, options: RequestOptions = {}) {
      const query = { ...toParameters(filters), by, ...(limit && { limit }) };
      return dataOf(await api.GET('/cars/counts', { ...options, params: { query } }));
    },

    /** Returns who the key belongs to and what it may do. */
    async me(options: RequestOptions = {}) {
      return dataOf(await api.GET('/me', { ...options }));
    },

    /**
     * Creates a car for each row, in batches. Reports each batch, in order. If the run is interrupted, run it
     * again with the same rows and the same `name`.
     */
    createMany<Row extends CarRow>(
      rows: Iterable<Row> | AsyncIterable<Row>,
      options: CreateManyOptions = {},
    ): AsyncGenerator<BatchReport<Row>> {
      return sendAll(batchRows(rows, options.batchSize ?? MAX_ROWS), options);
    },

    /**
     * The same for the text of a CSV file with a header. Throws {@link CsvError} if it is malformed; use
     * {@link splitCsv} to find out before cars are created.
     */
    createManyFromCsv(
      text: TextSource,
      options: CreateManyOptions = {},
    ): AsyncGenerator<BatchReport<string>> {
      return sendAll(batchCsv(text, options.batchSize ?? MAX_ROWS), options);
    },

    /** Reads all cars that match, in the order of id. Continues by itself after a broken connection. */
    async *export(filters: Filters = {}, options: ExportOptions = {}): AsyncGenerator<Car> {
      for await (const lines of exportLines(filters, { ...options, format: 'ndjson' }))
        for (const line of lines) yield JSON.parse(line) as Car;
    },

    /** The same as the text of a file: complete lines, as they arrive. */
    async *exportText(filters: Filters, options: ExportTextOptions): AsyncGenerator<string> {
      let skip = options.format === 'csv' && options.afterId !== undefined ? 1 : 0;
      for await (const lines of exportLines(filters, options)) {
        const text = lines.slice(skip).join('\n');
        skip = 0;
        if (text !== '') yield `${text}\n`;
      }
    },
  };
}

/** A row that is not validated yet. */
export interface CarRow {
  readonly brand: unknown;
  readonly model: unknown;
  readonly year: unknown;
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

/** A single value is sent like an array with one value. */
function toParameters(query: Filters & Omit<PageQuery, 'sort'>): Omit<ListParameters, 'sort'> {
  return query as object;
}

/** The id of the car in a line of an export; undefined for the header. */
function idOf(line: string, format: 'csv' | 'ndjson'): number | undefined {
  const id = format === 'csv' ? Number.parseInt(line, 10) : (JSON.parse(line) as Car).id;
  return Number.isNaN(id) ? undefined : id;
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
