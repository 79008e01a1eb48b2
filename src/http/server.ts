/** The HTTP server without its routes: limits, ids, header fields, bodies, validation, and errors of every layer. */

import type { IncomingMessage } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { Scope } from '../callers/caller.ts';
import { beginRequest, endRequest, type RequestRecord } from '../observability/request-record.ts';
import { type Admission, type CallKind, refuse } from './admission.ts';
import { callerOf } from './callers/caller.ts';
import { secureRoute } from './callers/secure-route.ts';
import { answerMissing, collectPaths } from './contract/allowed-methods.ts';
import { readJsonBody, refuseEncodedBody } from './contract/json-body.ts';
import { checkAcceptable } from './contract/negotiation.ts';
import { Problem } from './contract/problem.ts';
import { requestIdOf } from './contract/request-id.ts';
import { SECURITY_HEADERS } from './contract/response-headers.ts';
import { NAMED_SCHEMAS, NoParameters } from './contract/schemas.ts';
import { sendProblem } from './contract/send-problem.ts';
import { compileValidator } from './contract/validation.ts';
import { LIMITS } from './limits.ts';
import { createCors } from './wire/cors.ts';
import { drainOnClose } from './wire/drain.ts';
import { findDoubt, isBehindDoubt } from './wire/framing.ts';
import { checkHost } from './wire/host.ts';
import { cutTooFarBehind } from './wire/pipelining.ts';
import { createSocketAnswers, wasAnsweredOnSocket } from './wire/socket-errors.ts';

export type Server = ReturnType<typeof createServer>;

/**
 * Makes the server; the routes are added to it, then it is told to listen.
 * @param writeLine called once for each request, when its answer was written.
 */
export function createServer(
  writeLine: (record: RequestRecord) => void,
  overload: Admission,
  corsOrigins: readonly string[],
) {
  const cors = createCors(corsOrigins);
  const socketAnswers = createSocketAnswers(endRecord);
  // Without Fastify's own logging, which would follow each answer to its last byte and make a logger for each request.
  const server = Fastify({
    genReqId: (request: IncomingMessage) => requestIdOf(request),
    requestIdHeader: false,
    bodyLimit: LIMITS.bodySize,
    keepAliveTimeout: LIMITS.keepAlive,
    requestTimeout: LIMITS.request,
    forceCloseConnections: false,
    return503OnClosing: false,
    http: {
      headersTimeout: LIMITS.headers,
      connectionsCheckingInterval: LIMITS.checkInterval,
      maxHeaderSize: LIMITS.headerSize,
      // Node's own answer to a missing Host is no problem document; `checkRequest` gives ours.
      requireHostHeader: false,
    },
    routerOptions: {
      // A longer parameter is judged by the route (400), not taken for another path.
      maxParamLength: LIMITS.targetSize,
      // The query is decoded where it is validated, which can refuse it.
      querystringParser: (query) => query as unknown as Record<string, unknown>,
    },
    clientErrorHandler: socketAnswers.answerSocketError,
    frameworkErrors: (error, request, reply) => {
      // These come before every hook.
      request.record = begin(request);
      cors.mark(request, reply);
      addCommonHeaders(request, reply);
      logRequest(request, reply, sendProblem(findDoubt(request.raw) ?? error, request, reply));
    },
    rewriteUrl: (request) => originForm(request.url ?? '/'),
  }).withTypeProvider<TypeBoxTypeProvider>();

  drainOnClose(server);
  server.server.on('checkExpectation', socketAnswers.answerExpectation);
  server.server.on('connect', socketAnswers.answerConnect);
  server.decorateRequest('record');
  server.decorate('logRequest', logRequest);
  server.setValidatorCompiler(compileValidator);
  for (const schema of NAMED_SCHEMAS) server.addSchema(schema);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, readJsonBody);

  server.addHook('onRoute', (route) => {
    route.schema = { ...route.schema, querystring: route.schema?.querystring ?? NoParameters };
    collectPaths(server, route);
    secureRoute(route);
  });
  server.addHook('onRequest', (request, reply, done) => {
    if (isBehindDoubt(request.raw.socket)) return;
    const record = begin(request);
    request.record = record;
    const { kind } = request.routeOptions.config;
    if (cutTooFarBehind(request.raw.socket, reply.raw)) {
      record.shed = 'pipelining';
      return endRecord(record, 0, 0);
    }
    cors.mark(request, reply);
    const doubt = findDoubt(request.raw);
    if (doubt !== undefined) throw doubt;
    record.shed = kind && overload(kind);
    if (record.shed !== undefined) return refuse(reply);
    checkRequest(request);
    if (cors.answerPreflight(server, request, reply)) return;
    // Before the body is read, which could be refused for what it holds.
    if (request.is404) answerMissing(server, request);
    done();
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    addCommonHeaders(request, reply);
    if (!wasAnsweredOnSocket(request.raw)) logRequest(request, reply, sizeOf(payload));
    done(null, payload);
  });
  server.setNotFoundHandler((request) => answerMissing(server, request));
  server.setErrorHandler((error, request, reply) => void sendProblem(error, request, reply));
  return server;

  function logRequest(request: FastifyRequest, reply: FastifyReply, bytes: number): void {
    const { record } = request;
    record.caller = callerOf(request).name;
    record.isAborted = reply.raw.destroyed;
    // HEAD has the length of what GET would send, and sends nothing.
    endRecord(record, reply.statusCode, request.method === 'HEAD' ? 0 : bytes);
  }

  function endRecord(record: RequestRecord, status: number, bytes: number): void {
    endRequest(record, status, bytes);
    writeLine(record);
  }
}

function begin({ id, method, routeOptions, headers }: FastifyRequest): RequestRecord {
  const isCall = routeOptions.config?.kind !== undefined;
  return beginRequest({ requestId: id, method, route: routeOptions.url, isCall }, headers);
}

/** Bytes of a body; every answer of this service is a text or a Buffer. */
function sizeOf(payload: unknown): number {
  return typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.byteLength(payload) : 0;
}

/** RFC 9112, section 3.2.2: a server must accept a target that names itself in full. */
function originForm(target: string): string {
  return target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?]*\/?/i, '/');
}

/** What a route has set stays. Answers of `send-json.ts` do not come this way. */
function addCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ ...SECURITY_HEADERS, ...reply.getHeaders(), 'x-request-id': request.id });
}

/** What is checked for every path, before its body is read. */
function checkRequest(request: FastifyRequest): void {
  checkHost(request.raw);
  if (request.url.length > LIMITS.targetSize) {
    throw new Problem('uri-too-long', `The URL has more than ${LIMITS.targetSize} bytes.`);
  }
  refuseEncodedBody(request.raw);
  const { produces } = request.routeOptions.config;
  if (produces !== undefined) checkAcceptable(request.headers.accept, produces);
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Writes the log's line for a request that was answered. */
    logRequest(request: FastifyRequest, reply: FastifyReply, bytes: number): void;
  }
  interface FastifyRequest {
    /** What the log's line, metrics and traces tell of it. */
    record: RequestRecord;
  }

  interface FastifyContextConfig {
    /** The media type of the route's answers; where given, `Accept` must allow it. */
    produces?: string;
    /** For calls on cars: what they cost, and so who is refused first. */
    kind?: CallKind;
    /** What a caller must be allowed to do; every route has one that is not on the list of open paths (secure-route.ts). */
    scope?: Scope;
    /** Open to anyone where the configuration says so. */
    publicRead?: true;
  }
}
