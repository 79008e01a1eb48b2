/** Runs batches in a thread of their own, which is started for the first one. */

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CreatedMany } from '../../cars/car-batch.ts';
import { CarError, type CarErrorCode } from '../../cars/car-error.ts';
import type { Outcome } from '../batch.ts';
import type { CreateMany } from './create-many-cars.ts';

export interface BatchThreadData {
  readonly path: string;
  readonly audit: boolean;
}

export interface BatchMessage {
  readonly batches: readonly CreateMany[];
}

export type BatchReply =
  | { readonly outcomes: readonly (CreatedMany | CarErrorCode)[] }
  | { readonly failure: { readonly code: CarErrorCode | undefined; readonly cause: unknown } };

export interface BatchThread {
  /** Runs batches together; one call at a time. Rejects if none was applied. */
  apply(batches: readonly CreateMany[]): Promise<Outcome<CreatedMany>[]>;
  close(): Promise<void>;
}

/** The file has the extension of this one: `.ts`, or `.js` in the bundle. */
const WRITER = new URL(`./batch-writer${extname(import.meta.filename)}`, import.meta.url);

export function createBatchThread(data: BatchThreadData): BatchThread {
  let thread: Worker | undefined;

  /** A thread that failed is replaced by the next batch. */
  function start(): Worker {
    const started = new Worker(WRITER, { workerData: data });
    started.unref();
    started.once('exit', () => {
      if (thread === started) thread = undefined;
    });
    return started;
  }

  function ask(message: BatchMessage): Promise<BatchReply> {
    const { promise, resolve, reject } = Promise.withResolvers<BatchReply>();
    thread ??= start();
    const asked = thread;
    // It may have committed before it failed.
    const fail = (cause?: unknown) => reject(new CarError('outcome-unknown', { cause }));
    asked.once('message', resolve).once('error', fail).once('exit', fail);
    asked.postMessage(message);
    return promise.finally(() => asked.off('message', resolve).off('error', fail).off('exit', fail));
  }

  return {
    async apply(batches) {
      const reply = await ask({ batches });
      if ('outcomes' in reply)
        return reply.outcomes.map((outcome) =>
          typeof outcome === 'string' ? new CarError(outcome) : outcome,
        );
      const { code, cause } = reply.failure;
      if (code !== undefined) throw new CarError(code, { cause });
      throw cause;
    },

    async close() {
      await thread?.terminate();
    },
  };
}
