/** Reads an answer line by line while it arrives, and continues after a broken connection. */

import { ConnectionError } from './errors.ts';
import {
  type Course,
  follow,
  noteSuccess,
  startCourse,
  type Transport,
  toConnectionError,
  willRepeat,
} from './send.ts';

type Body = ReadableStream<Uint8Array>;

export interface Source {
  /** Requests the lines after the given one; all lines if it is undefined. */
  readonly open: (after: string | undefined, course: Course) => Promise<Body>;
  /** How many lines at the start of an answer are no data. */
  readonly headerLines: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Yields the complete lines as they arrive, without the line feeds. After a broken connection, it requests
 * the lines after the last complete one.
 */
export async function* streamLines(source: Source, transport: Transport): AsyncGenerator<string[]> {
  const course = startCourse();
  let last: string | undefined;
  for (;;) {
    let skip = last === undefined ? 0 : source.headerLines;
    let failure: ConnectionError | undefined;
    for await (const part of readParts(await source.open(last, course), transport.timeout, source.signal)) {
      if (part instanceof ConnectionError) failure = part;
      else {
        noteSuccess(course);
        const lines = part.slice(skip);
        skip -= part.length - lines.length;
        last = lines.at(-1) ?? last;
        if (lines.length > 0) yield lines;
      }
    }
    if (failure === undefined) return;
    if (!(await willRepeat(failure, true, transport, course))) throw failure;
  }
}

/** Yields the lines of each part that arrives, and a {@link ConnectionError} at the end if the body is cut. */
async function* readParts(
  body: Body,
  timeout: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<string[] | ConnectionError> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const part = await readPart(reader, timeout, signal).catch((error) => toConnectionError(error, signal));
      if (part instanceof ConnectionError) {
        yield part;
        return;
      }
      if (part.done) break;
      const lines = (rest + decoder.decode(part.value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) yield lines;
    }
    // A proxy may hide that the connection was cut.
    if (rest !== '') yield new ConnectionError('no complete answer: it ends in the middle of a line');
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Rejects if nothing arrives in time, or the signal aborts. */
async function readPart(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  timeout: number,
  signal: AbortSignal | undefined,
) {
  const stop = new AbortController();
  const unfollow = follow(signal, stop);
  const timer = setTimeout(() => stop.abort(new Error(`nothing arrived for ${timeout} ms`)), timeout);
  const stopped = new Promise<never>((_, reject) => {
    const fail = () => reject(stop.signal.reason);
    if (stop.signal.aborted) fail();
    stop.signal.addEventListener('abort', fail, { once: true });
  });
  try {
    return await Promise.race([reader.read(), stopped]);
  } finally {
    clearTimeout(timer);
    unfollow();
  }
}
