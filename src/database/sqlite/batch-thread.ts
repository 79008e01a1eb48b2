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

/** @param program what the thread runs. */
export function createBatchThread(data: BatchThreadData, program = WRITER): BatchThread {
  let thread: Promise<Worker> | undefined;

  /** A thread that failed is replaced by the next batch. Until it is ready, it has done nothing. */
  function start(): Promise<Worker> {
    const { promise, resolve, reject } = Promise.withResolvers<Worker>();
    const fail = (cause?: unknown) => {
      if (thread === promise) thread = undefined;
      reject(new CarError('unavailable', { cause }));
    };
    const worker = createWorker(program, data);
    worker
      .once('message', () => resolve(worker))
      .on('error', fail)
      .once('exit', fail);
    return promise;
  }

  async function ask(message: BatchMessage): Promise<BatchReply> {
    thread ??= start();
    const asked = await thread;
    const { promise, resolve, reject } = Promise.withResolvers<BatchReply>();
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
      const worker = await thread?.catch(() => undefined);
      await worker?.terminate();
    },
  };
}

function createWorker(program: URL, workerData: BatchThreadData): Worker {
  try {
    const worker = new Worker(program, { workerData });
    worker.unref();
    return worker;
  } catch (cause) {
    throw new CarError('unavailable', { cause });
  }
}
