/**
 * Traces for an OpenTelemetry collector: a span for each request, each round, and each SQL text.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import type { TracingChannel } from 'node:diagnostics_channel';
import {
  type Attributes,
  createTraceState,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import {
  ATTR_DB_COLLECTION_NAME,
  ATTR_DB_OPERATION_BATCH_SIZE,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_SYSTEM_NAME,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import type { TracesConfig } from '../config/observability.ts';
import { type Round, rounds, type Statement, statements } from './channels.ts';
import type { Log } from './log.ts';
import { type RequestRecord, requestBegan, requestEnded, subscribeToRequests } from './request-record.ts';

export interface Traces {
  /** Sends the remaining spans, for at most `limit` milliseconds, and stops. */
  close(limit: number): Promise<void>;
}

/** Milliseconds for one export. Limits the spans that a collector which hangs keeps in memory. */
const EXPORT_TIMEOUT = 5000;

export function startTraces(config: TracesConfig, version: string, log: Log): Traces {
  const warn = (failure: unknown) =>
    log.warn({ reason: describeExportFailure(failure) }, 'could not export traces');
  const silent = () => {};
  diag.setLogger(
    { error: warn, warn: silent, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
  );
  const url = `${config.endpoint().replace(/\/$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT });
  const own = resourceFromAttributes({ [ATTR_SERVICE_NAME]: 'cars-api', [ATTR_SERVICE_VERSION]: version });
  const provider = new TracerProvider({
    sampler: createSampler(config),
    resource: defaultResource()
      .merge(own)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_TIMEOUT })],
  });
  const tracer = provider.getTracer('cars-api', version);
  /** The span of each request in flight. */
  const spans = new WeakMap<object, Span>();
  /** The span of the round that is running, the parent of its statements. */
  const currentRound = new AsyncLocalStorage<Span | undefined>();

  function begin(record: RequestRecord): void {
    const { method = 'HTTP', route, parent, traceState } = record;
    const remote = parent && {
      traceId: parent.traceId,
      spanId: parent.spanId,
      traceFlags: parent.flags,
      isRemote: true,
      ...(traceState ? { traceState: createTraceState(traceState) } : {}),
    };
    const context = remote === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote);
    const attributes: Attributes = { [ATTR_HTTP_REQUEST_METHOD]: method, [ATTR_URL_SCHEME]: 'http' };
    if (route !== undefined) attributes[ATTR_HTTP_ROUTE] = route;
    const name = route === undefined ? method : `${method} ${route}`;
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, context);
    spans.set(record, span);
    record.traceId = span.spanContext().traceId;
  }

  function end(record: RequestRecord): void {
    const { status, problem } = record;
    const span = spans.get(record);
    if (span === undefined) return;
    if (status !== 0) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
    if (status >= 500 || status === 0) {
      span.setAttribute(ATTR_ERROR_TYPE, problem ?? String(status));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  }

  /** A child of the round's first recorded request, with links to and from all of them. */
  function beginRound({ name, calls }: Round): Span | undefined {
    const requests = calls
      .map((call) => call && spans.get(call))
      .filter((span): span is Span => span?.isRecording() === true);
    const [first, ...others] = requests;
    if (first === undefined) return undefined;
    const links = requests.map((span) => ({ context: span.spanContext() }));
    const attributes = { [ATTR_DB_OPERATION_BATCH_SIZE]: calls.length };
    const span = tracer.startSpan(`round ${name}`, { links, attributes }, trace.setSpan(ROOT_CONTEXT, first));
    for (const other of others) other.addLink({ context: span.spanContext() });
    return span;
  }

  function beginStatement({ system, sql }: Statement): Span | undefined {
    const round = currentRound.getStore();
    if (round === undefined) return undefined;
    const operation = /[A-Z]+/.exec(sql)?.[0] ?? 'SQL';
    const collection = /\b(?:FROM|INTO|UPDATE) (\w+)/.exec(sql)?.[1];
    const attributes: Attributes = { [ATTR_DB_SYSTEM_NAME]: system, [ATTR_DB_OPERATION_NAME]: operation };
    if (collection !== undefined) attributes[ATTR_DB_COLLECTION_NAME] = collection;
    const name = collection === undefined ? operation : `${operation} ${collection}`;
    const options = { kind: SpanKind.CLIENT, attributes };
    return tracer.startSpan(name, options, trace.setSpan(ROOT_CONTEXT, round));
  }

  const unsubscribe = [
    subscribeToRequests(requestBegan, begin),
    subscribeToRequests(requestEnded, end),
    traceWork(rounds, beginRound, currentRound),
    traceWork(statements, beginStatement),
  ];

  return {
    async close(limit) {
      for (const stop of unsubscribe) stop();
      const late = new Promise<void>((resolve) => setTimeout(resolve, limit).unref());
      await Promise.race([provider.shutdown().catch(warn), late]);
    },
  };
}

/**
 * Records a span for each piece of work on a channel. Returns the function that stops.
 * @param current holds the span while its work runs.
 */
function traceWork<Work extends object>(
  work: TracingChannel<unknown, Work>,
  begin: (work: Work) => Span | undefined,
  current: AsyncLocalStorage<Span | undefined> = new AsyncLocalStorage(),
): () => void {
  const spans = new WeakMap<Work, Span>();
  const finish = (message: Work) => spans.get(message)?.end();
  const listeners = {
    start: () => {},
    // Synchronous work has a result or an error now. Asynchronous work ends in `asyncEnd`.
    end: (message: Work) => {
      if ('result' in message || 'error' in message) finish(message);
    },
    asyncStart: () => {},
    asyncEnd: finish,
    error: (message: Work & { error: unknown }) => {
      const span = spans.get(message);
      const { error } = message;
      const type = error instanceof Error && 'code' in error ? String(error.code) : 'error';
      span?.setAttribute(ATTR_ERROR_TYPE, type).setStatus({ code: SpanStatusCode.ERROR });
    },
  };
  work.start.bindStore(current, (message) => {
    const span = begin(message);
    if (span !== undefined) spans.set(message, span);
    return span;
  });
  work.subscribe(listeners);
  return () => {
    work.start.unbindStore(current);
    work.unsubscribe(listeners);
  };
}

/** Since version 3, OpenTelemetry's SDK no longer reads `OTEL_TRACES_SAMPLER` itself. */
function createSampler({ sampler, ratio }: TracesConfig): Sampler {
  const root = createRootSampler(sampler.replace('parentbased_', ''), ratio);
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

function createRootSampler(name: string, ratio: number): Sampler {
  if (name === 'traceidratio') return new TraceIdRatioBasedSampler(ratio);
  return name === 'always_off' ? new AlwaysOffSampler() : new AlwaysOnSampler();
}

/**
 * Takes only message and code of an export failure: the rest contains the collector's answer, which
 * may repeat the credentials sent to it.
 * @param failure what the exporter reports: an error, or one as JSON.
 */
function describeExportFailure(failure: unknown): string {
  try {
    const error: { message?: string; code?: unknown } =
      typeof failure === 'string' ? JSON.parse(failure) : Object(failure);
    return [error.message, error.code].filter(Boolean).join(' ');
  } catch {
    return String(failure);
  }
}
