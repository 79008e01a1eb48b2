/** Sends requests to the service: with the visitor's key, and again when the service asks to wait. */

import { type Problem, ProblemError, UnreachableError } from './problem.ts';

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Sent as JSON. A text is sent as it is, with a Content-Type of its own. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Lets the request outlive the page. */
  readonly keepalive?: boolean;
  /** Whether a repeated request has no further effect. Reads never have one. */
  readonly repeatable?: boolean;
  /** Whether the service may have no time for it: a 503 is then final. */
  readonly isCostly?: boolean;
  /** The longest wait between two attempts, in seconds. */
  readonly maxWait?: number;
}

/** How often a request is sent at most. */
const MAX_ATTEMPTS = 5;

/** Seconds, for one wait. Nobody sees why the page waits, so a longer one is an error. */
const MAX_WAIT = 5;

/** Seconds, for a request that is one of many, where a failure would end a long piece of work. */
export const LONG_WAIT = 60;

const credential = { key: '', reject: () => {} };

/** Sets the key that requests carry, and what happens when the service does not accept it. */
export function useCredential(key: string, reject: () => void): void {
  credential.key = key;
  credential.reject = reject;
}

/** Throws {@link ProblemError} for an error response, and {@link UnreachableError} if there is none. */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = 'GET', signal, isCostly = false, maxWait = MAX_WAIT } = options;
  const isRepeatable = options.repeatable ?? method === 'GET';
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sendOnce(path, options);
    } catch (error) {
      const wait = error instanceof ProblemError ? error.retryAfter : undefined;
      if (!isRepeatable || wait === undefined || wait > maxWait || attempt === MAX_ATTEMPTS) throw error;
      if (isCostly && error instanceof ProblemError && error.problem.status === 503) throw error;
      await pause(wait * 1000, signal);
    }
  }
}

async function sendOnce(path: string, options: RequestOptions): Promise<Response> {
  const { method = 'GET', body, headers = {}, signal, keepalive = false } = options;
  const init: RequestInit = {
    method,
    keepalive,
    // Nothing here reads cookies.
    credentials: 'omit',
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(credential.key !== '' && { authorization: `Bearer ${credential.key}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal && { signal }),
  };
  const response = await fetch(path, init).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new UnreachableError('The service does not answer.', { cause: error });
  });
  if (response.ok || response.status === 304) return response;
  if (response.status === 401) credential.reject();
  throw new ProblemError(await readProblem(response), readRetryAfter(response));
}

/** A proxy before the service may answer with something else than a problem document. */
async function readProblem(response: Response): Promise<Problem> {
  const { status, statusText } = response;
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
  if (isProblem) return response.json();
  return { type: 'about:blank', title: statusText, status, detail: `${status} ${statusText}` };
}

function readRetryAfter({ headers }: Response): number | undefined {
  const field = headers.get('retry-after');
  return field !== null && /^\d+$/.test(field) ? Number(field) : undefined;
}

/** Rejects when the signal aborts. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
