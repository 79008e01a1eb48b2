/** Errors that Node finds before there is a request: answered on the socket, as problem documents too. */

import { randomUUID } from 'node:crypto';
import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LIMITS } from './limits.ts';
import { Problem, renderProblem } from './problem.ts';
import { requestIdOf } from './request-id.ts';
import { problemHeaders } from './response-headers.ts';

interface SocketError extends Error {
  readonly code?: string;
  /** A Buffer: the packet in which the parser stopped. */
  readonly rawPacket?: unknown;
}

/** Fastify's `clientErrorHandler`: https://nodejs.org/api/http.html#event-clienterror. */
export function answerSocketError(error: SocketError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) socket.destroy();
  else endWith(socket, socketProblem(error), randomUUID());
}

/** Node's `connect` event, without a listener to which Node would close the connection and say nothing. */
export function answerConnect(request: IncomingMessage, socket: Duplex): void {
  endWith(socket, new Problem('bad-request', 'The method CONNECT is not known here.'), requestIdOf(request));
}

function endWith(socket: Duplex, problem: Problem, requestId: string): void {
  const body = renderProblem(problem, requestId);
  const lines = Object.entries(lastHeaders(body, requestId)).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`,
    () => socket.destroy(),
  );
}

/** Node's `checkExpectation`: any expectation but `100-continue` (RFC 9110, section 10.1.1). */
export function answerExpectation(request: IncomingMessage, response: ServerResponse): void {
  const problem = new Problem('expectation-failed', 'Only the expectation 100-continue is known.');
  const requestId = requestIdOf(request);
  const body = renderProblem(problem, requestId);
  response.writeHead(problem.status, lastHeaders(body, requestId)).end(body);
}

function lastHeaders(body: string, requestId: string) {
  return { ...problemHeaders(body, requestId), date: new Date().toUTCString(), connection: 'close' };
}

function socketProblem({ code, rawPacket }: SocketError): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem('request-timeout', 'The request took too long to arrive.');
  if (code === 'HPE_HEADER_OVERFLOW') {
    // The request line does not end where it had to: it is the URL that is too long.
    const inRequestLine =
      Buffer.isBuffer(rawPacket) &&
      /^[A-Z]+ /.test(rawPacket.toString('latin1', 0, 16)) &&
      !rawPacket.subarray(0, LIMITS.targetSize).includes('\r\n');
    return inRequestLine
      ? new Problem('uri-too-long', 'The URL is too long.')
      : new Problem('header-fields-too-large', 'The header fields are too large.');
  }
  return new Problem('bad-request', 'The request is not valid HTTP.');
}

/**
 * Whether an error's answer would be taken for another request's: one has begun on this socket, or the request that is
 * being worked on arrived in full, so that the error is of a later one, sent without waiting.
 */
function isAnswering(socket: Socket): boolean {
  const message: unknown = '_httpMessage' in socket ? socket._httpMessage : undefined;
  return message instanceof ServerResponse && (message.headersSent || message.req.complete);
}
