/**
 * Checks that requests to cars are linearizable: each seems to happen at one moment between its
 * start and its answer. The versions of a car number its states, so it is enough to compare: a
 * request that starts after another was answered must not see an older version. The audit trail
 * has the request that made each version, and what it made.
 */

import type { CarFields } from '../../src/cars/car.ts';
import type { TestDatabase } from '../support/test-database.ts';

/** A request to one car, as its client saw it. */
export interface Exchange {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly requestId: string;
  /** Undefined for a car that was not created, as far as the client knows. */
  readonly id: number | undefined;
  /** Milliseconds, by the clock of all clients. */
  readonly start: number;
  readonly end: number;
  /** Of the answer. `unknown` is an `outcome-unknown` or a connection that broke. */
  readonly status: number | 'unknown';
  /**
   * The version that the answer, or else the request's precondition, names. Undefined for a car of a
   * list.
   */
  readonly version?: number;
  readonly car?: CarFields;
}

/** An entry of the audit trail. */
export interface Entry {
  readonly id: number;
  readonly version: number;
  readonly requestId: string;
  readonly before: CarFields | null;
  readonly after: CarFields | null;
}

/** What an exchange shows about the version of its car. */
interface Observation {
  readonly id: number | undefined;
  readonly exchange: Exchange;
  /** The version when the request started was at most this. */
  readonly atMost: number;
  /** The version when the answer came was at least this. */
  readonly atLeast: number;
}

export async function readTrail(database: TestDatabase): Promise<Entry[]> {
  const rows = await database.query(`
    SELECT car_id, version, request_id, brand_before, model_before, year_before,
      brand_after, model_after, year_after
    FROM car_changes ORDER BY id`);
  const fields = (row: Record<string, unknown>, when: 'before' | 'after') =>
    row[`brand_${when}`] === null
      ? null
      : {
          brand: String(row[`brand_${when}`]),
          model: String(row[`model_${when}`]),
          year: Number(row[`year_${when}`]),
        };
  return rows.map((row) => ({
    id: Number(row['car_id']),
    version: Number(row['version']),
    requestId: String(row['request_id']),
    before: fields(row, 'before'),
    after: fields(row, 'after'),
  }));
}

/**
 * Returns a line for each exchange that cannot be explained, for each request that was applied twice,
 * and for each gap in the trail.
 */
export function findViolations(exchanges: readonly Exchange[], trail: readonly Entry[]): string[] {
  const cars = Map.groupBy(trail, ({ id }) => id);
  const violations = [...cars.values()].flatMap(checkChain);
  const requests = trail.map(({ requestId }) => requestId);
  const twice = new Set(requests.filter((requestId, index) => requests.indexOf(requestId) !== index));
  violations.push(...[...twice].map((requestId) => `${requestId} was applied twice`));
  const observations: Observation[] = [];
  const byRequest = new Map(trail.map((entry) => [entry.requestId, entry]));
  for (const exchange of exchanges) {
    const made = byRequest.get(exchange.requestId);
    const id = exchange.id ?? made?.id;
    const seen = explain(exchange, made, (id !== undefined && cars.get(id)) || []);
    if (typeof seen === 'string') violations.push(`${seen}: ${describe(exchange)}`);
    else if (seen !== undefined) observations.push({ ...seen, id });
  }
  return [...violations, ...[...Map.groupBy(observations, ({ id }) => id).values()].flatMap(checkOrder)];
}

/** Each version of a car has one entry, and starts with what the one before left. */
function checkChain(entries: readonly Entry[]): string[] {
  return entries
    .filter(({ version, before }, index) => {
      const previous = entries[index - 1];
      return version !== index + 1 || !isSame(before, previous?.after ?? null);
    })
    .map((entry) => `an entry does not follow the one before: ${JSON.stringify(entry)}`);
}

/** @param made the entry of the request, if it changed the car. */
function explain(
  exchange: Exchange,
  made: Entry | undefined,
  entries: readonly Entry[],
): Omit<Observation, 'id'> | string | undefined {
  const { method, status, car } = exchange;
  // A list has no versions, but every change makes another car.
  const listed = entries.find(({ after }) => isSame(car, after))?.version;
  const version = exchange.version ?? listed ?? Number.NaN;
  if (status === 'unknown') {
    if (made === undefined) return undefined;
    return { exchange, atMost: made.version - 1, atLeast: made.version };
  }
  const isWritten = method !== 'GET' && status < 300;
  if (isWritten !== (made !== undefined)) return isWritten ? 'a change was lost' : 'applied all the same';
  if (made !== undefined) {
    if (method === 'DELETE') return { exchange, atMost: made.version - 1, atLeast: made.version };
    if (made.version !== version || !isSame(car, made.after)) return 'another change has this version';
    return { exchange, atMost: version - 1, atLeast: version };
  }
  if (status === 200 || status === 304) {
    const entry = entries[version - 1];
    const isRight = status === 304 ? entry?.after != null : isSame(car, entry?.after);
    return isRight ? { exchange, atMost: version, atLeast: version } : 'no version is like this';
  }
  const { length } = entries;
  if (status === 412) {
    if (version >= length) return 'no other version came';
    return { exchange, atMost: Number.POSITIVE_INFINITY, atLeast: version + 1 };
  }
  if (status === 404) {
    if (entries.at(-1)?.after !== null) return 'the car was not deleted';
    return { exchange, atMost: Number.POSITIVE_INFINITY, atLeast: length };
  }
  return status === 503 ? undefined : 'unexpected';
}

/** Walks through starts and ends in their order. */
function checkOrder(observations: readonly Observation[]): string[] {
  const starts = observations.toSorted((a, b) => a.exchange.start - b.exchange.start);
  const ends = observations
    .filter(({ exchange }) => exchange.status !== 'unknown')
    .sort((a, b) => a.exchange.end - b.exchange.end);
  const violations: string[] = [];
  let newest: Observation | undefined;
  let ended = 0;
  for (const observation of starts) {
    for (; ended < ends.length; ended += 1) {
      const next = ends[ended] as Observation;
      if (next.exchange.end >= observation.exchange.start) break;
      if (newest === undefined || next.atLeast > newest.atLeast) newest = next;
    }
    if (newest !== undefined && newest.atLeast > observation.atMost) {
      violations.push(
        `an older version: ${describe(observation.exchange)} after ${describe(newest.exchange)}`,
      );
    }
  }
  return violations;
}

function isSame(one: CarFields | null | undefined, other: CarFields | null | undefined): boolean {
  if (one == null || other == null) return one === other;
  return one.brand === other.brand && one.model === other.model && one.year === other.year;
}

function describe({ method, id, requestId, start, end, status, version }: Exchange): string {
  const what = `${method} car ${id} as ${requestId}, ${status} with version ${version}`;
  return `${what}, from ${start.toFixed(1)} to ${end.toFixed(1)}`;
}
