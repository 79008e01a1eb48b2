/**
 * A thread that applies batches on a connection of its own: a thousand cars and their flush to disk
 * take longer than the event loop may stop. See `batch-thread.ts`.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { CarError } from '../../cars/car-error.ts';
import type { BatchMessage, BatchReply, BatchThreadData } from './batch-thread.ts';
import { openConnection } from './connection.ts';
import { createBatchWriter } from './create-many-cars.ts';
import { toCarError } from './errors.ts';

const { path, audit }: BatchThreadData = workerData;
let apply: ReturnType<typeof createBatchWriter> | undefined;

parentPort?.on('message', ({ batches }: BatchMessage) => parentPort?.postMessage(answer(batches)));
// From here on, a batch can reach this thread.
parentPort?.postMessage('ready');

/** Errors lose their class between threads, so a domain error is replaced by its code. */
function answer(batches: BatchMessage['batches']): BatchReply {
  try {
    apply ??= createBatchWriter(openConnection(path), audit);
    const outcomes = apply(batches);
    return { outcomes: outcomes.map((outcome) => (outcome instanceof CarError ? outcome.code : outcome)) };
  } catch (error) {
    const failure = toCarError(error);
    const isKnown = failure instanceof CarError;
    return {
      failure: { code: isKnown ? failure.code : undefined, cause: isKnown ? failure.cause : failure },
    };
  }
}
