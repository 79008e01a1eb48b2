/** One call after another to a service, with the caller's key; an answer that is not the expected one is an error that shows it. */

export interface Call {
  readonly method?: 'POST' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Gives the answer; throws when it does not come, or has another status. */
export type Caller = (status: number, path: string, call?: Call) => Promise<Answer>;

const ANSWER_TIMEOUT_MS = 10_000;

/** @param key an API key or an access token (RFC 6750); never shown. */
export function createCaller(address: URL, key: string | undefined): Caller {
  const base = address.href.replace(/\/+$/, '');
  return async (status, path, { method, headers = {}, body } = {}) => {
    const what = `${method ?? 'GET'} ${path}`;
    const response = await fetch(base + path, {
      method: method ?? 'GET',
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    }).catch((error: Error) => {
      const { cause } = error;
      throw new Error(`${what} got no answer: ${cause instanceof Error ? cause.message : error.message}`);
    });
    const answer = { status: response.status, headers: response.headers, body: await response.text() };
    if (answer.status === status) return answer;
    throw new Error(`${what} answered ${answer.status} instead of ${status}: ${answer.body.slice(0, 500)}`);
  };
}
