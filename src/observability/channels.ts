/**
 * Where the parts of the service tell what they do, for whoever watches: metrics and traces. Channels of Node
 * (https://nodejs.org/api/diagnostics_channel.html): while nobody watches, telling costs one look at a number.
 */

import { channel, tracingChannel } from 'node:diagnostics_channel';
import type { RequestRecord } from './request-record.ts';

/** A round of calls that travel together. */
export interface Round {
  /** The kind of call: `get`, `create`… */
  readonly name: string;
  /** What each call notes its use in, where its caller wants to know; the same object as the request's record. */
  readonly calls: readonly (object | undefined)[];
  /** Milliseconds that the first call has waited. */
  readonly waited: number;
}

/** A text that is sent to the database: one statement or several. */
export interface Statement {
  /** As the semantic conventions of OpenTelemetry name it. */
  readonly system: 'mysql' | 'sqlite';
  readonly sql: string;
}

/** A request's head has arrived. */
export const requestBegan = channel('cars-api:request-began');

/** A request was answered, and its line was written. */
export const requestEnded = channel('cars-api:request-ended');

export const rounds = tracingChannel<unknown, Round>('cars-api:round');

export const statements = tracingChannel<unknown, Statement>('cars-api:statement');

/** Subscribes to a channel of requests; returns what ends it. */
export function watchRequests(
  which: typeof requestBegan,
  listen: (record: RequestRecord) => void,
): () => void {
  const listener = (message: unknown) => listen(message as RequestRecord);
  which.subscribe(listener);
  return () => void which.unsubscribe(listener);
}
