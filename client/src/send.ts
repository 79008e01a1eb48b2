/** Sends requests, and repeats those that are safe to repeat. */

import { ConnectionError, waitOf } from './errors.ts';

export interface Transport {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Milliseconds to wait for a complete answer. */
  readonly timeout: number;
  /** Milliseconds without success after which no request is repeated. */
  readonly retryFor: number;
}

/** What requests of one operation share: they wait together, and the success of one counts for all. */
export interface Course {
  /** On the clock of `performance.now()`. */
  lastSuccess: number;
  /** No request is sent before. */
  pausedUntil: number;
}

export function startCourse(): Course {
  return { lastSuccess: performance.now(), pausedUntil: 0 };
}

const FIRST_WAIT = 100;
const LONGEST_WAIT = 5000;

/** The request did not arrive, or nobody knows. A gateway answers 502 and 504. */
const REPEAT_IF_SAFE = [408, 502, 503, 504];

/**
 * Returns the answer. Repeats the request after the answer's `Retry-After`, which the service sends only if a
 * repetition is safe. Repeats it after a failed connection if it only reads or has an `Idempotency-Key`.
 * Throws {@link ConnectionError} if there is no answer.
 */
export async function send(
  request: Request,
  transport: Transport,
  course: Course = startCourse(),
): Promise<Response> {
  const isSafe = ['GET', 'HEAD'].includes(request.method) || request.headers.has('idempotency-key');
  for (let attempt = 0; ; attempt += 1) {
    await pause(course.pausedUntil - performance.now(), request.signal);
    const result = await attemptOnce(request.clone(), transport);
    const now = performance.now();
    if (result instanceof Response && result.ok) course.lastSuccess = now;
    const wait = waitAfter(result, isSafe, attempt);
    if (wait === undefined || now + wait > course.lastSuccess + transport.retryFor) {
      if (result instanceof Response) return result;
      throw result;
    }
    course.pausedUntil = Math.max(course.pausedUntil, now + wait);
  }
}

/** Returns how many milliseconds to wait before the request is repeated; undefined to keep the result. */
function waitAfter(result: Response | Error, isSafe: boolean, attempt: number): number | undefined {
  const asked = result instanceof Response && !result.ok ? waitOf(result) : undefined;
  const isRepeated = result instanceof Response ? isSafe && REPEAT_IF_SAFE.includes(result.status) : isSafe;
  if (asked === undefined && !isRepeated) return undefined;
  const wait = asked ?? Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt);
  // Clients that failed together do not come back together.
  return wait + Math.random() * Math.min(LONGEST_WAIT, FIRST_WAIT + wait / 4);
}

/** Reads the answer completely, because a connection can also break in the middle of a body. */
async function attemptOnce(request: Request, transport: Transport): Promise<Response | ConnectionError> {
  const timeout = AbortSignal.timeout(transport.timeout);
  const signal = AbortSignal.any([request.signal, timeout]);
  try {
    const answer = await transport.fetch(new Request(request, { signal }));
    const { status, statusText, headers } = answer;
    const body = await answer.arrayBuffer();
    return new Response(body.byteLength > 0 ? body : null, { status, statusText, headers });
  } catch (error) {
    return toConnectionError(error, request.signal);
  }
}

/** Throws the reason if the caller aborted the request. */
export function toConnectionError(error: unknown, signal: AbortSignal): ConnectionError {
  signal.throwIfAborted();
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
