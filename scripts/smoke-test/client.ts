/** An HTTP client that expects a status for each request, and throws an error that shows any other answer. */

export interface RequestOptions {
  readonly method?: 'POST' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends a request and returns the answer. Throws when there is none, or its status is not `status`. */
export type Client = (status: number, path: string, options?: RequestOptions) => Promise<Answer>;

const ANSWER_TIMEOUT_MS = 10_000;

/** @param key an API key or access token, sent as a bearer token (RFC 6750). Never printed. */
export function createClient(address: URL, key: string | undefined): Client {
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
      throw new Error(`${what} failed: ${cause instanceof Error ? cause.message : error.message}`);
    });
    const answer = { status: response.status, headers: response.headers, body: await response.text() };
    if (answer.status === status) return answer;
    throw new Error(`${what} answered ${answer.status} instead of ${status}: ${answer.body.slice(0, 500)}`);
  };
}
