/** A client of the service that uses fetch, over a real socket. */

import type { Answer } from './answer.ts';

type HeaderFields = Readonly<Record<string, string>>;

/**
 * Objects and texts travel as `application/json` unless the header fields say otherwise; bytes and streams without a
 * Content-Type of their own.
 */
export type Body = object | string | Uint8Array | ReadableStream;

export type Client = ReturnType<typeof createClient>;

export function createClient(origin: string) {
  async function call(
    method: string,
    path: string,
    headers: HeaderFields = {},
    body?: Body,
  ): Promise<Answer> {
    const init: RequestInit = { method, redirect: 'manual', ...content(headers, body) };
    const response = await fetch(origin + path, init);
    return {
      status: response.status,
      headers: response.headers,
      body: await response.text(),
      origin,
    };
  }

  return {
    call,
    get: (path: string, headers?: HeaderFields) => call('GET', path, headers),
    head: (path: string, headers?: HeaderFields) => call('HEAD', path, headers),
    delete: (path: string, headers?: HeaderFields) => call('DELETE', path, headers),
    post: (path: string, body: Body, headers?: HeaderFields) => call('POST', path, headers, body),
    put: (path: string, body: Body, headers?: HeaderFields) => call('PUT', path, headers, body),
    patch: (path: string, body: Body, headers?: HeaderFields) => call('PATCH', path, headers, body),
  };
}

function content(headers: HeaderFields, body: Body | undefined): RequestInit {
  if (body === undefined) return { headers };
  if (body instanceof ReadableStream) return { headers, body, duplex: 'half' };
  if (body instanceof Uint8Array) return { headers, body: new Uint8Array(body) };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { headers: { 'content-type': 'application/json', ...headers }, body: text };
}
