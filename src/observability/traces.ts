/** Traces for an OpenTelemetry collector: a span for each request, each round of calls, each text sent to the database. */

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
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
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
import type { TracesConfig } from '../config/watching.ts';
import {
  type Round,
  requestBegan,
  requestEnded,
  rounds,
  type Statement,
  statements,
  watchRequests,
} from './channels.ts';
import { reasonOf } from './export-failure.ts';
import type { Log } from './log.ts';
import type { RequestRecord } from './request-record.ts';
import { createSampler } from './sampler.ts';

export interface Traces {
  /** Sends what is left, for no longer than `limit` (milliseconds), and ends. */
  close(limit: number): Promise<void>;
}

/** Milliseconds for one export: a collector that hangs keeps spans of no more than this in memory. */
const EXPORT_LIMIT = 5000;

export function startTraces(config: TracesConfig, version: string, log: Log): Traces {
  const warn = (told: unknown) => log.warn({ reason: reasonOf(told) }, 'traces were not exported');
  const silent = () => {};
  diag.setLogger(
    { error: warn, warn: silent, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
  );
  const url = `${config.endpoint().replace(/\/$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_LIMIT });
  const own = resourceFromAttributes({ [ATTR_SERVICE_NAME]: 'cars-api', [ATTR_SERVICE_VERSION]: version });
  const provider = new TracerProvider({
    sampler: createSampler(config),
    resource: defaultResource()
      .merge(own)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_LIMIT })],
  });
  const tracer = provider.getTracer('cars-api', version);
  /** The span of each request under way. */
  const spans = new WeakMap<object, Span>();
  /** The span of the round that is being run. */
  const current = new AsyncLocalStorage<Span | undefined>();

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

  /** Below the first request of the round that is recorded; linked with all of them, both ways. */
  function beginRound({ name, calls }: Round): Span | undefined {
    const served = calls
      .map((call) => call && spans.get(call))
      .filter((span): span is Span => span?.isRecording() === true);
    const [first, ...others] = served;
    if (first === undefined) return undefined;
    const links = served.map((span) => ({ context: span.spanContext() }));
    const attributes = { [ATTR_DB_OPERATION_BATCH_SIZE]: calls.length };
    const span = tracer.startSpan(`round ${name}`, { links, attributes }, trace.setSpan(ROOT_CONTEXT, first));
    for (const other of others) other.addLink({ context: span.spanContext() });
    return span;
  }

  function beginStatement({ system, sql }: Statement): Span | undefined {
    const round = current.getStore();
    if (round === undefined) return undefined;
    const operation = /[A-Z]+/.exec(sql)?.[0] ?? 'SQL';
    const collection = /\b(?:FROM|INTO|UPDATE) (\w+)/.exec(sql)?.[1];
    const attributes: Attributes = { [ATTR_DB_SYSTEM_NAME]: system, [ATTR_DB_OPERATION_NAME]: operation };
    if (collection !== undefined) attributes[ATTR_DB_COLLECTION_NAME] = collection;
    const name = collection === undefined ? operation : `${operation} ${collection}`;
    const options = { kind: SpanKind.CLIENT, attributes };
    return tracer.startSpan(name, options, trace.setSpan(ROOT_CONTEXT, round));
  }

  const unwatch = [
    watchRequests(requestBegan, begin),
    watchRequests(requestEnded, end),
    watchWork(rounds, beginRound, current),
    watchWork(statements, beginStatement),
  ];

  return {
    async close(limit) {
      for (const stop of unwatch) stop();
      const late = new Promise<void>((resolve) => setTimeout(resolve, limit).unref());
      await Promise.race([provider.shutdown().catch(warn), late]);
    },
  };
}

/**
 * A span around each piece of work that a channel tells of.
 * @param current where the work's span is kept for what it does.
 */
function watchWork<Work extends object>(
  work: TracingChannel<unknown, Work>,
  begin: (work: Work) => Span | undefined,
  current: AsyncLocalStorage<Span | undefined> = new AsyncLocalStorage(),
): () => void {
  const spans = new WeakMap<Work, Span>();
  const finish = (message: Work) => spans.get(message)?.end();
  const listeners = {
    start: () => {},
    // What is done when the call returns has a result or an error by then; a promise has neither.
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
