/**
 * Posts cars over keep-alive connections. Uses `node:http`, which sends three times as many as
 * `fetch`.
 */

import http from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { RowFields } from './csv-columns.ts';

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Empty for a 201. */
  readonly body: string;
}

export interface Sender {
  /** Rejects when the connection fails before the answer is complete. */
  readonly post: (fields: RowFields, idempotencyKey: string) => Promise<Answer>;
  /** Aborts the requests in flight. */
  readonly close: () => void;
}

const ANSWER_TIMEOUT_MS = 20_000;
const MAX_BODY_LENGTH = 65_536;

/**
 * Creates a sender of `POST {base}/cars` over at most `connections` connections.
 * @param key an API key or access token; undefined to send none.
 */
export function createSender(base: URL, connections: number, key: string | undefined): Sender {
  const { Agent, request } = base.protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
  const target = {
    ...urlToHttpOptions(new URL(`${base.pathname.replace(/\/+$/, '')}/cars`, base)),
    method: 'POST',
    timeout: ANSWER_TIMEOUT_MS,
    agent,
  };

  const post = (fields: RowFields, idempotencyKey: string) =>
    new Promise<Answer>((resolve, reject) => {
      const body = JSON.stringify(fields);
      const length = { 'content-length': Buffer.byteLength(body), 'idempotency-key': idempotencyKey };
      const call = request({ ...target, headers: { ...headers, ...length } }, (response) => {
        readAnswer(response).then(resolve, reject);
      });
      call.on('timeout', () => call.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)));
      call.on('error', reject);
      call.end(body);
    });
  return { post, close: () => agent.destroy() };
}

function readAnswer(response: http.IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const status = response.statusCode ?? 0;
    let body = '';
    if (status === 201) response.resume();
    else {
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        if (body.length < MAX_BODY_LENGTH) body += text;
      });
    }
    response.on('end', () => resolve({ status, headers: response.headers, body }));
    response.on('error', reject);
  });
}
