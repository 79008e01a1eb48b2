/** Sends requests, and repeats those that are safe to repeat. */

import { ConnectionError, type ProblemError, toProblemError, waitOf } from './errors.ts';

export interface Transport {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Milliseconds to wait for an answer, or for the next part of a stream. */
  readonly timeout: number;
  /** For how many milliseconds requests are repeated that fail. */
  readonly retryFor: number;
  readonly onRetry: (error: ProblemError | ConnectionError, wait: number) => void;
}

/** What the requests of one operation share: they wait together, and the success of one counts for all. */
export interface Course {
  /** When the first failure since the last success happened, on the clock of `performance.now()`. */
  failingSince: number | undefined;
  failures: number;
  /** No request is sent before. */
  pausedUntil: number;
}

/** Sends a request once. Throws the reason if the signal aborts. */
export type Attempt = (
  request: Request,
  signal: AbortSignal,
  transport: Transport,
) => Promise<Response | ConnectionError>;

const FIRST_WAIT = 100;
const LONGEST_WAIT = 5000;

/** The longest error has a problem for each row of a batch, in a few megabytes. */
const MAX_ERROR_LENGTH = 16 * 1024 * 1024;

/** The request did not arrive, or nobody knows. A gateway answers 502 and 504. */
const REPEAT_IF_SAFE = [408, 502, 503, 504];

export function startCourse(): Course {
  return { failingSince: undefined, failures: 0, pausedUntil: 0 };
}

export function noteSuccess(course: Course): void {
  course.failingSince = undefined;
  course.failures = 0;
}

/**
 * Returns the answer. Repeats the request after the answer's `Retry-After`, which the service sends only if a
 * repetition is safe. Repeats it after a failed connection if it only reads or has an `Idempotency-Key`.
 * Throws {@link ConnectionError} if there is no answer.
 */
export async function send(
  request: Request,
  transport: Transport,
  course: Course = startCourse(),
  attempt: Attempt = receiveAll,
): Promise<Response> {
  const isSafe = ['GET', 'HEAD'].includes(request.method) || request.headers.has('idempotency-key');
  for (;;) {
    await pause(course.pausedUntil - performance.now(), request.signal);
    const result = await attempt(request.clone(), request.signal, transport);
    if (result instanceof Response && result.ok) return result;
    if (!(await willRepeat(result, isSafe, transport, course))) {
      if (result instanceof Response) return result;
      throw result;
    }
  }
}

/** Returns false if the failure is final. Otherwise, pauses the course. */
export async function willRepeat(
  failure: Response | ConnectionError,
  isSafe: boolean,
  transport: Transport,
  course: Course,
): Promise<boolean> {
  const asked = failure instanceof Response ? waitOf(failure) : undefined;
  const isTransient = !(failure instanceof Response) || REPEAT_IF_SAFE.includes(failure.status);
  if (asked === undefined && !(isSafe && isTransient)) return false;

  const wait = asked ?? Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** course.failures);
  // Clients that failed together do not come back together.
  const spread = Math.random() * Math.min(LONGEST_WAIT, FIRST_WAIT + wait / 4);
  const now = performance.now();
  const next = now + wait + spread;
  course.failingSince ??= now;
  if (next > course.failingSince + transport.retryFor) return false;
  course.failures += 1;
  course.pausedUntil = Math.max(course.pausedUntil, next);
  transport.onRetry(failure instanceof Response ? await explain(failure) : failure, wait + spread);
  return true;
}

async function explain(answer: Response): Promise<ProblemError> {
  const body: unknown = await answer.json().catch(() => undefined);
  return toProblemError(body, answer);
}

/** Receives the whole answer, because a connection can also break in the middle of a body. */
function receiveAll(request: Request, signal: AbortSignal, transport: Transport) {
  return fetchInTime(request, signal, transport, readBody);
}

/** Receives only the head of a success, whose body arrives later. Receives the whole of any other answer. */
export function receiveHead(request: Request, signal: AbortSignal, transport: Transport) {
  return fetchInTime(request, signal, transport, async (answer) => (answer.ok ? answer : readBody(answer)));
}

async function readBody(answer: Response): Promise<Response> {
  if (answer.ok) return withBody(answer, await answer.arrayBuffer());
  const reader = answer.body?.getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) return withBody(answer, await new Blob(parts).arrayBuffer());
    length += part.value.byteLength;
    if (length > MAX_ERROR_LENGTH) throw new Error('the body of the error is too long');
    parts.push(part.value);
  }
}

function withBody(answer: Response, body: ArrayBuffer): Response {
  return new Response(body.byteLength > 0 ? body : null, answer);
}

/** Node does not abort a request that was garbage-collected (nodejs/undici issue 4068). */
const inFlight = new Set<Request>();

/** Aborts what is still running when the time is over, or when the caller's signal aborts. */
async function fetchInTime(
  request: Request,
  signal: AbortSignal,
  { fetch, timeout }: Transport,
  read: (answer: Response) => Promise<Response>,
): Promise<Response | ConnectionError> {
  // Not AbortSignal.any with AbortSignal.timeout: Node may collect the latter before it fires (nodejs/node issue 57736).
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new Error(`no answer for ${timeout} ms`)), timeout);
  const unfollow = follow(signal, stop);
  const limited = new Request(request, { signal: stop.signal });
  inFlight.add(limited);
  try {
    return await read(await fetch(limited));
  } catch (error) {
    stop.abort(error);
    return toConnectionError(error, signal);
  } finally {
    inFlight.delete(limited);
    clearTimeout(timer);
    unfollow();
  }
}

/** Aborts the controller when the signal aborts. Returns the function that stops that. */
export function follow(signal: AbortSignal | undefined, controller: AbortController): () => void {
  const abort = () => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return () => signal?.removeEventListener('abort', abort);
}

/** Throws the reason if the caller aborted the request. */
export function toConnectionError(error: unknown, signal: AbortSignal | undefined): ConnectionError {
  signal?.throwIfAborted();
  const { cause = error } = error instanceof Error ? error : {};
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConnectionError(`no complete answer: ${reason}`, { cause: error });
}

export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (milliseconds <= 0) return;
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}
