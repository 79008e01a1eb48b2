/** Errors that Node finds before there is a request: answered on the socket, as problem documents too. */

import { randomUUID } from 'node:crypto';
import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { beginRequest, type RequestRecord } from '../../observability/request-record.ts';
import { Problem, renderProblem } from '../contract/problem.ts';
import { requestIdOf } from '../contract/request-id.ts';
import { problemHeaders } from '../contract/response-headers.ts';
import { LIMITS } from '../limits.ts';

interface SocketError extends Error {
  readonly code?: string;
  /** A Buffer: the packet in which the parser stopped. */
  readonly rawPacket?: unknown;
}

/** Writes the log's line: the record, the answer's status (0 without an answer), and its bytes. */
type WriteLine = (record: RequestRecord, status: number, bytes: number) => void;

/** Requests whose answer was written past Fastify, which meets them again as aborted. */
const answered = new WeakSet<IncomingMessage>();

export function wasAnsweredOnSocket(request: IncomingMessage): boolean {
  return answered.has(request);
}

export function createSocketAnswers(writeLine: WriteLine) {
  /** Fastify's `clientErrorHandler`: https://nodejs.org/api/http.html#event-clienterror. */
  function answerSocketError(error: SocketError, socket: Socket): void {
    // Of a caller who hung up, Fastify tells, if there was a request.
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const problem = socketProblem(error);
    const message = answerUnderWay(socket);
    if (message !== undefined && (message.headersSent || message.req.complete)) {
      socket.destroy();
      tell(problem, randomUUID(), undefined, 0, 0);
      return;
    }
    if (message !== undefined) answered.add(message.req);
    endWith(socket, problem, randomUUID(), message?.req);
  }

  /** Node's `connect` event, without a listener to which Node would close the connection and say nothing. */
  function answerConnect(request: IncomingMessage, socket: Duplex): void {
    const problem = new Problem('bad-request', 'The method CONNECT is not known here.');
    endWith(socket, problem, requestIdOf(request), request);
  }

  /** Node's `checkExpectation`: any expectation but `100-continue` (RFC 9110, section 10.1.1). */
  function answerExpectation(request: IncomingMessage, response: ServerResponse): void {
    const problem = new Problem('expectation-failed', 'Only the expectation 100-continue is known.');
    const requestId = requestIdOf(request);
    const body = renderProblem(problem, requestId);
    response.writeHead(problem.status, lastHeaders(body, requestId)).end(body);
    tell(problem, requestId, request, problem.status, Buffer.byteLength(body));
  }

  function endWith(socket: Duplex, problem: Problem, requestId: string, request?: IncomingMessage): void {
    const body = renderProblem(problem, requestId);
    const fields = Object.entries(lastHeaders(body, requestId));
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`,
      () => socket.destroy(),
    );
    tell(problem, requestId, request, problem.status, Buffer.byteLength(body));
  }

  function tell(
    { code }: Problem,
    requestId: string,
    request: IncomingMessage | undefined,
    status: number,
    bytes: number,
  ): void {
    const head = { requestId, method: request?.method, route: undefined, isCall: false };
    const record = beginRequest(head, request?.headers ?? {});
    record.problem = code;
    writeLine(record, status, bytes);
  }

  return { answerSocketError, answerConnect, answerExpectation };
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
 * The answer that is being worked on, which Node keeps on the socket. An error's answer would be taken for it when it has
 * begun, or when its request arrived in full, so that the error is of a later one, sent without waiting.
 */
export function answerUnderWay(socket: Socket): ServerResponse | undefined {
  const message: unknown = '_httpMessage' in socket ? socket._httpMessage : undefined;
  return message instanceof ServerResponse ? message : undefined;
}
