/** Answers that bypass Fastify: errors that Node finds before there is a request, and overload refusals. */

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type Problem, renderProblem } from '../contract/problem.ts';
import { SECURITY_HEADERS } from '../contract/response-headers.ts';

/** A problem document with its header fields, ready to be written. */
export function directAnswer(problem: Problem, requestId: string) {
  const body = renderProblem(problem, requestId);
  const length = Buffer.byteLength(body);
  const headers = {
    ...SECURITY_HEADERS,
    'cache-control': 'no-store',
    'x-request-id': requestId,
    'content-type': 'application/problem+json',
    'content-length': String(length),
    ...problem.headers,
  };
  return { headers, body, length };
}

/** Writes a problem document to Node's response. Returns the bytes of its body. */
export function answerDirectly(
  response: ServerResponse,
  problem: Problem,
  requestId: string,
  more: OutgoingHttpHeaders = {},
): number {
  const { headers, body, length } = directAnswer(problem, requestId);
  response.writeHead(problem.status, { ...more, ...headers }).end(body);
  return length;
}
