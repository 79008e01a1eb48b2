/** A minimal OpenTelemetry collector, which accepts traces as OTLP/HTTP with JSON. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly string[];
  /** 2 is an error. */
  readonly status: number | undefined;
}

interface Otlp {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}
interface Attribute {
  key: string;
  value: Record<string, unknown>;
}
interface OtlpSpan extends Omit<ReceivedSpan, 'attributes' | 'links' | 'status'> {
  attributes: Attribute[];
  links?: { spanId: string }[];
  status?: { code?: number };
}

export interface Receiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** The attributes of the service. */
  readonly resource: Readonly<Record<string, unknown>>;
}

/** Listens on a free port until the test ends. */
export async function startReceiver(): Promise<Receiver> {
  const spans: ReceivedSpan[] = [];
  const resource: Record<string, unknown> = {};
  const server = createServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as Otlp;
    for (const { resource: described, scopeSpans } of resourceSpans) {
      Object.assign(resource, toObject(described.attributes));
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        spans.push({
          ...span,
          attributes: toObject(span.attributes),
          links: (span.links ?? []).map(({ spanId }) => spanId),
          status: span.status?.code,
        });
      }
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, resource };
}

function toObject(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
