/** Answers errors that Node finds before there is a request, as problem documents on the socket. */

import { randomUUID } from 'node:crypto';
import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { beginRequest, type RequestRecord } from '../../observability/request-record.ts';
import { Problem } from '../contract/problem.ts';
import { requestIdOf } from '../contract/request-checks.ts';
import { LIMITS } from '../limits.ts';
import { answerDirectly, directAnswer } from './direct-answer.ts';

interface SocketError extends Error {
  readonly code?: string;
  /** A Buffer: the packet in which the parser stopped. */
  readonly rawPacket?: unknown;
}

/** Logs a request: its record, the status (0 without a response), and the bytes of the body. */
type LogRecord = (record: RequestRecord, status: number, bytes: number) => void;

export function createSocketAnswers(logRecord: LogRecord) {
  /** Fastify's `clientErrorHandler`: https://nodejs.org/api/http.html#event-clienterror. */
  function answerSocketError(error: SocketError, socket: Socket): void {
    // If the client hung up within a request, Fastify reports it.
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const problem = socketProblem(error);
    const response = responseUnderWay(socket);
    // A second response would be taken for that of the request under way.
    if (response !== undefined && (response.headersSent || response.req.complete)) {
      cut(socket, problem, randomUUID());
      return;
    }
    if (response !== undefined) response.req.isAnswered = true;
    const requestId = response === undefined ? randomUUID() : requestIdOf(response.req);
    endWith(socket, problem, requestId, response?.req);
  }

  /** Handles Node's `connect` event. Without a listener, Node closes the connection without a response. */
  function answerConnect(request: IncomingMessage, socket: Duplex): void {
    const problem = new Problem('bad-request', 'The method CONNECT is not supported.');
    const requestId = requestIdOf(request);
    // As above: it was sent behind a request whose response is not written yet.
    if (responseUnderWay(socket) !== undefined) cut(socket, problem, requestId, request);
    else endWith(socket, problem, requestId, request);
  }

  /** Handles Node's `checkExpectation`: any expectation but `100-continue` (RFC 9110, section 10.1.1). */
  function answerExpectation(request: IncomingMessage, response: ServerResponse): void {
    const problem = new Problem('expectation-failed', 'The only supported expectation is 100-continue.');
    const requestId = requestIdOf(request);
    const bytes = answerDirectly(response, problem, requestId, lastHeaders());
    log(problem, requestId, request, problem.status, bytes);
  }

  /** Ends a connection on which no response can be sent. */
  function cut(socket: Duplex, problem: Problem, requestId: string, request?: IncomingMessage): void {
    socket.destroy();
    log(problem, requestId, request, 0, 0);
  }

  function endWith(socket: Duplex, problem: Problem, requestId: string, request?: IncomingMessage): void {
    const { headers, body, length } = directAnswer(problem, requestId);
    const fields = Object.entries({ ...headers, ...lastHeaders() });
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`,
      () => socket.destroy(),
    );
    log(problem, requestId, request, problem.status, length);
  }

  function log(
    { code }: Problem,
    requestId: string,
    request: IncomingMessage | undefined,
    status: number,
    bytes: number,
  ): void {
    const head = { requestId, method: request?.method, route: undefined, isCall: false };
    const record = beginRequest(head, request?.headers ?? {});
    record.problem = code;
    logRecord(record, status, bytes);
  }

  return { answerSocketError, answerConnect, answerExpectation };
}

/** Header fields of a connection's last response. */
function lastHeaders() {
  return { date: new Date().toUTCString(), connection: 'close' };
}

function socketProblem({ code, rawPacket }: SocketError): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem('request-timeout', 'The request took too long to arrive.');
  if (code === 'HPE_HEADER_OVERFLOW') {
    // If the request line does not end within its limit, the URL is what is too long.
    const isInRequestLine =
      Buffer.isBuffer(rawPacket) &&
      /^[A-Z]+ /.test(rawPacket.toString('latin1', 0, 16)) &&
      !rawPacket.subarray(0, LIMITS.targetSize).includes('\r\n');
    return isInRequestLine
      ? new Problem('uri-too-long', 'The URL is too long.')
      : new Problem('header-fields-too-large', 'The header fields are too large.');
  }
  return new Problem('bad-request', 'The request is not valid HTTP.');
}

/** The response being worked on, which Node keeps on the socket. */
export function responseUnderWay(socket: Duplex): ServerResponse | undefined {
  const message: unknown = '_httpMessage' in socket ? socket._httpMessage : undefined;
  return message instanceof ServerResponse ? message : undefined;
}

declare module 'node:http' {
  interface IncomingMessage {
    /** Its response was written on the socket. Fastify sees the request again, as aborted. */
    isAnswered?: true;
  }
}
