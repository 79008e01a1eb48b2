/** The HTTP server without its routes: limits, hooks, validation, and errors of every layer. */

import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import cors from '@fastify/cors';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { Scope } from '../callers/caller.ts';
import { beginRequest, endRequest, type RequestRecord } from '../observability/request-record.ts';
import { type Admission, OVERLOADED, type RequestKind } from './admission.ts';
import { callerOf } from './callers/caller.ts';
import { addLimitHeaders } from './callers/rate-limit-headers.ts';
import { requireScope } from './callers/require-scope.ts';
import { collectAllowedMethods } from './contract/allowed-methods.ts';
import { readJsonBody, rejectOtherBody } from './contract/json-body.ts';
import { Problem, sendProblem } from './contract/problem.ts';
import { checkRequest, requestIdOf, routableUrl } from './contract/request-checks.ts';
import { setCommonHeaders } from './contract/response-headers.ts';
import { NAMED_SCHEMAS, NoParameters } from './contract/schemas.ts';
import { compileValidator } from './contract/validation.ts';
import { LIMITS } from './limits.ts';
import { limitConnections } from './wire/connections.ts';
import { corsDelegator } from './wire/cors.ts';
import { answerDirectly } from './wire/direct-answer.ts';
import { findAmbiguousFraming, followsAmbiguousFraming } from './wire/framing.ts';
import { checkHost, requireLoopbackName } from './wire/host.ts';
import { cutExcessPipelining } from './wire/pipelining.ts';
import { rejectRepeatedFields } from './wire/singleton-fields.ts';
import { createSocketAnswers } from './wire/socket-errors.ts';
import { rejectTinyParts } from './wire/tiny-parts.ts';

export type Server = Awaited<ReturnType<typeof createServer>>;

/** The route of `@fastify/cors` for OPTIONS, which matches every path. */
const ANY_PATH = '*';

interface ServerOptions {
  /** Origins whose pages may read responses in a browser. */
  readonly corsOrigins: readonly string[];
  /** Whether only requests to a loopback name are accepted. */
  readonly loopbackOnly: boolean;
}

/**
 * Creates the server. Routes are added to it, then it listens.
 * @param writeLine called once for each request, when its response is written.
 */
export async function createServer(
  writeLine: (record: RequestRecord) => void,
  admission: Admission,
  { corsOrigins, loopbackOnly }: ServerOptions,
) {
  const socketAnswers = createSocketAnswers(logRecord);
  const methods = collectAllowedMethods();
  // Fastify's own logging is off: it would follow each response to its last byte and create a logger for each request.
  const server = Fastify({
    genReqId: (request: IncomingMessage) => requestIdOf(request),
    requestIdHeader: false,
    bodyLimit: LIMITS.bodySize,
    keepAliveTimeout: LIMITS.keepAlive,
    requestTimeout: LIMITS.request,
    connectionTimeout: LIMITS.stalled,
    forceCloseConnections: false,
    return503OnClosing: false,
    http: {
      headersTimeout: LIMITS.headers,
      connectionsCheckingInterval: LIMITS.checkInterval,
      maxHeaderSize: LIMITS.headerSize,
      // Node's own response to a missing Host is no problem document; `checkHost` sends ours.
      requireHostHeader: false,
    },
    routerOptions: {
      // A longer parameter is rejected by its route, not taken for another path.
      maxParamLength: LIMITS.headerSize,
      // The query is decoded by its validator, which can reject it.
      querystringParser: (query) => query as unknown as Record<string, unknown>,
    },
    clientErrorHandler: socketAnswers.answerSocketError,
    rewriteUrl: routableUrl,
  }).withTypeProvider<TypeBoxTypeProvider>();

  const connections = limitConnections(server.server);
  server.server.on('checkExpectation', socketAnswers.answerExpectation);
  server.server.on('connect', socketAnswers.answerConnect);
  server.decorateRequest('record');
  server.setValidatorCompiler(compileValidator);
  for (const schema of NAMED_SCHEMAS) server.addSchema(schema);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, readJsonBody);
  server.addContentTypeParser('*', rejectOtherBody);

  server.setNotFoundHandler(methods.answerUnrouted);
  server.setErrorHandler(sendProblem);

  // Hooks run in this order. Preflights are answered by the second.
  server.addHook('onRequest', receive);
  if (corsOrigins.length > 0) await server.register(cors, { delegator: corsDelegator(corsOrigins, methods) });
  server.addHook('onRequest', admit);
  server.addHook('preParsing', (request, reply, payload, done) => {
    if (request.method === 'GET' || request.method === 'HEAD') return done(null, payload);
    // If the client hung up while its credential was checked, its body never ends.
    if (reply.raw.destroyed) return done(new Problem('bad-request', 'The client hung up.'), payload);
    rejectTinyParts(request.raw, request.routeOptions.bodyLimit);
    done(null, payload);
  });
  server.addHook('onSend', finish);
  server.addHook('onRoute', (route) => {
    route.schema = { ...route.schema, querystring: route.schema?.querystring ?? NoParameters };
    methods.add(route);
    requireScope(route);
  });
  return server;

  /** Begins the record and the response, and ends requests on connections that cannot be trusted or hold too many. */
  function receive(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const { raw } = request;
    if (followsAmbiguousFraming(raw.socket)) return;
    request.record = begin(request);
    setCommonHeaders(request, reply);
    if (cutExcessPipelining(raw.socket, reply.raw)) {
      request.record.shed = 'pipelining';
      logRecord(request.record, 0, 0);
      return;
    }
    const problem = findAmbiguousFraming(raw);
    if (problem !== undefined) throw problem;
    rejectRepeatedFields(raw);
    checkHost(raw);
    if (loopbackOnly) requireLoopbackName(request);
    done();
  }

  /** Refuses what cannot be served in time, and rejects what no route accepts, before the body is read. */
  function admit(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const { config, url } = request.routeOptions;
    const shed = config.kind && admission(config.kind);
    if (shed !== undefined) {
      request.record.shed = shed;
      refuse(request, reply);
      return;
    }
    checkRequest(request, config.produces);
    const isUnrouted = request.is404 || url === ANY_PATH || hasEmptySegment(request);
    if (isUnrouted || methods.isOfAnotherPath(request)) methods.answerUnrouted(request, reply);
    else done();
  }

  /** Every response of Fastify passes here once. */
  function finish(
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: (error: null, payload: unknown) => void,
  ): void {
    // `@fastify/cors` adds a Content-Length to its 204, which must have none (RFC 9110, section 8.6).
    if (reply.statusCode === 204) reply.removeHeader('content-length');
    addLimitHeaders(request, reply);
    if (isStream(payload)) {
      logWhenClosed(request, reply, payload);
      done(null, payload);
      return;
    }
    const { socket } = request.raw;
    // A response to HEAD has the Content-Length of GET, but no body.
    const bytes = request.method === 'HEAD' ? 0 : sizeOf(payload);
    if (!connections.hold(socket, reply.raw, bytes)) {
      request.record.shed = 'unread';
      logRequest(request, reply, 0, 0);
    } else if (request.raw.isAnswered !== true) logRequest(request, reply, reply.statusCode, bytes);
    done(null, payload);
  }

  /** A stream is logged when its last byte is written or its connection is cut. Back-pressure limits what it holds. */
  function logWhenClosed(request: FastifyRequest, reply: FastifyReply, stream: Readable): void {
    if (reply.raw.closed) {
      logRequest(request, reply, reply.statusCode, 0);
      return;
    }
    let bytes = 0;
    // The stream does not flow before this turn of the event loop ends, and is piped by then.
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    reply.raw.once('close', () => {
      request.record.caller = callerOf(request).name;
      request.record.isAborted = !reply.raw.writableFinished;
      logRecord(request.record, reply.statusCode, bytes);
    });
  }

  /** Answers 503 without the rest of Fastify's life cycle, so that refusing costs little. */
  function refuse(request: FastifyRequest, reply: FastifyReply): void {
    reply.hijack();
    request.record.problem = OVERLOADED.code;
    const bytes = answerDirectly(
      reply.raw,
      OVERLOADED,
      request.id,
      reply.getHeaders() as OutgoingHttpHeaders,
    );
    logRequest(request, reply, OVERLOADED.status, request.method === 'HEAD' ? 0 : bytes);
  }

  function logRequest(request: FastifyRequest, reply: FastifyReply, status: number, bytes: number): void {
    const { record } = request;
    record.caller = callerOf(request).name;
    record.isAborted = reply.raw.destroyed;
    logRecord(record, status, bytes);
  }

  function logRecord(record: RequestRecord, status: number, bytes: number): void {
    endRequest(record, status, bytes);
    writeLine(record);
  }
}

/** Whether the router took an empty segment for a parameter, as in `/cars/`. */
function hasEmptySegment({ params }: FastifyRequest): boolean {
  const segments = params as Readonly<Record<string, string>>;
  for (const name in segments) if (segments[name] === '') return true;
  return false;
}

function begin({ id, method, routeOptions: { config, url }, headers }: FastifyRequest): RequestRecord {
  const route = url === ANY_PATH ? undefined : url;
  return beginRequest({ requestId: id, method, route, isCall: config.kind !== undefined }, headers);
}

function isStream(payload: unknown): payload is Readable {
  return payload instanceof Readable;
}

/** Bytes of a body that is no stream: a text or a Buffer. */
function sizeOf(payload: unknown): number {
  return typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.byteLength(payload) : 0;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What the log, metrics and traces show of the request. */
    record: RequestRecord;
  }

  interface FastifyContextConfig {
    /** The media type of the route's responses. If set, `Accept` must allow it. */
    produces?: string;
    /** What a request on cars costs, which decides what is refused first under overload. */
    kind?: RequestKind;
    /**
     * What a caller must be allowed to do, or `any` if it only has to be known. Every route has one, unless
     * require-scope.ts lists it as open.
     */
    scope?: Scope | 'any';
    /** Open to everyone if the configuration says so. */
    publicRead?: true;
  }
}
