/** The HTTP server without its routes: limits, ids, header fields, bodies, validation, and errors of every layer. */

import type { IncomingMessage } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { Scope } from '../callers/caller.ts';
import type { Log } from '../observability/log.ts';
import { createRequestLog } from '../observability/request-line.ts';
import { type Admission, type CallKind, refuse } from './admission.ts';
import { answerMissing, collectPaths } from './allowed-methods.ts';
import { createCors } from './cors.ts';
import { drainOnClose } from './drain.ts';
import { findDoubt, isBehindDoubt } from './framing.ts';
import { checkHost } from './host.ts';
import { readJsonBody, refuseEncodedBody } from './json-body.ts';
import { LIMITS } from './limits.ts';
import { checkAcceptable } from './negotiation.ts';
import { cutTooFarBehind } from './pipelining.ts';
import { Problem, renderProblem, toProblem } from './problem.ts';
import { requestIdOf } from './request-id.ts';
import { SECURITY_HEADERS } from './response-headers.ts';
import { NAMED_SCHEMAS, NoParameters } from './schemas.ts';
import { secureRoute } from './secure-route.ts';
import { answerConnect, answerExpectation, answerSocketError } from './socket-errors.ts';
import { compileValidator } from './validation.ts';

export type Server = ReturnType<typeof createServer>;

/** Makes the server; the routes are added to it, then it is told to listen. */
export function createServer(log: Log, isAdmitted: Admission, corsOrigins: readonly string[]) {
  const cors = createCors(corsOrigins);
  const writeLine = createRequestLog(log);
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
    clientErrorHandler: answerSocketError,
    frameworkErrors: (error, request, reply) => {
      // These come before every hook.
      request.begun = performance.now();
      cors.mark(request, reply);
      addCommonHeaders(request, reply);
      sendProblem(log, findDoubt(request.raw) ?? error, request, reply);
      logRequest(request, reply);
    },
    rewriteUrl: (request) => originForm(request.url ?? '/'),
  }).withTypeProvider<TypeBoxTypeProvider>();

  drainOnClose(server);
  server.server.on('checkExpectation', answerExpectation);
  server.server.on('connect', answerConnect);
  server.decorateRequest('begun', 0);
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
    request.begun = performance.now();
    const { kind } = request.routeOptions.config;
    if (isBehindDoubt(request.raw.socket) || cutTooFarBehind(request.raw.socket, reply.raw)) return;
    cors.mark(request, reply);
    const doubt = findDoubt(request.raw);
    if (doubt !== undefined) throw doubt;
    if (kind !== undefined && !isAdmitted(kind)) return refuse(reply);
    checkRequest(request);
    if (cors.answerPreflight(server, request, reply)) return;
    // Before the body is read, which could be refused for what it holds.
    if (request.is404) answerMissing(server, request);
    done();
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    addCommonHeaders(request, reply);
    logRequest(request, reply);
    done(null, payload);
  });
  server.setNotFoundHandler((request) => answerMissing(server, request));
  server.setErrorHandler((error, request, reply) => sendProblem(log, error, request, reply));
  return server;

  function logRequest(request: FastifyRequest, reply: FastifyReply): void {
    writeLine({
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      milliseconds: performance.now() - request.begun,
    });
  }
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

function sendProblem(log: Log, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error, request.headers['idempotency-key'] !== undefined);
  if (problem.code === 'internal') log.error({ err: problem.cause, requestId: request.id }, 'failed');
  else if (problem.status >= 500) {
    log.warn({ code: problem.code, reason: reasonOf(problem), requestId: request.id }, 'refused');
  }
  // Fastify would close the connection, and a caller who is still sending would meet that before the answer. Node reads
  // the rest of the body and drops it, for no longer than `LIMITS.request`.
  if (problem.code === 'content-too-large') reply.removeHeader('connection');
  reply
    .code(problem.status)
    .headers({ 'cache-control': 'no-store', ...problem.headers, 'content-type': 'application/problem+json' })
    // A Buffer, because to a text Fastify would add a charset, which this media type does not have.
    .send(Buffer.from(renderProblem(problem, request.id)));
}

/** The innermost message: the driver's, which is for the log only. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Writes the log's line for a request that was answered. */
    logRequest(request: FastifyRequest, reply: FastifyReply): void;
  }
  interface FastifyRequest {
    /** When its head had arrived, on the clock of `performance.now()`. */
    begun: number;
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
