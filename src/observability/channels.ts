/**
 * The channels on which other layers publish their work, for metrics, traces and the log. They are
 * Node's diagnostics channels (https://nodejs.org/api/diagnostics_channel.html): almost free
 * without a subscriber.
 */

import { channel, tracingChannel } from 'node:diagnostics_channel';

/** A round: requests of one kind that share their database statements. */
export interface Round {
  /** The kind of request: `get`, `create`… */
  readonly name: string;
  /** One entry for each request: its `Usage`, which is also its `RequestRecord`, or undefined. */
  readonly calls: readonly (object | undefined)[];
  /** Milliseconds that the first request of the round was queued. */
  readonly waited: number;
}

/** SQL text sent to the database: one statement or several. */
export interface Statement {
  /** Named as in OpenTelemetry's semantic conventions. */
  readonly system: 'mysql' | 'sqlite';
  readonly sql: string;
}

export const rounds = tracingChannel<unknown, Round>('cars-api:round');

export const statements = tracingChannel<unknown, Statement>('cars-api:statement');

/** Why a connection was cut: `limit` of connections, `unread` responses, or the `stop` of the service. */
export type CutReason = 'limit' | 'unread' | 'stop';

/** Publishes the {@link CutReason} of each connection that was cut because its client held too much, or was too slow. */
export const cutConnections = channel('cars-api:cut-connections');

/** Publishes how many lines of the log were lost. */
export const droppedLines = channel('cars-api:dropped-log-lines');
