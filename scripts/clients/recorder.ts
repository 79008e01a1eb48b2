/** A proxy that records which operations a client called, and what Prism said about the answers. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SentRequest } from './calls.ts';

export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: RegExp;
}

export interface Recorder {
  readonly url: string;
  readonly sent: readonly SentRequest[];
  /** Answers that do not fit the document, as Prism reports them: one line for each. */
  readonly violations: readonly string[];
  readonly stop: () => Promise<void>;
}

interface OpenapiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId?: string }>>>>;
}

/** Returns the operations of an OpenAPI document. */
export function readOperations(document: string): Operation[] {
  const { paths }: OpenapiDocument = JSON.parse(document);
  return Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({
      id: operationId ?? `${method} ${template}`,
      method: method.toUpperCase(),
      path: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    })),
  );
}

/** Starts the proxy in front of `target`. */
export async function startRecorder(target: string, operations: readonly Operation[]): Promise<Recorder> {
  const sent: SentRequest[] = [];
  const violations: string[] = [];

  function record(from: IncomingMessage, answer: IncomingMessage): void {
    const { pathname, searchParams } = new URL(from.url ?? '/', target);
    const operation = operations.find(({ method, path }) => method === from.method && path.test(pathname));
    const status = answer.statusCode ?? 0;
    sent.push({
      operation: operation?.id ?? `${from.method} ${pathname}`,
      status,
      names: new Set([...Object.keys(from.headers), ...[...searchParams.keys()].map((name) => `?${name}`)]),
    });
    for (const { location, message } of readViolations(answer)) {
      // A request that the service rejects may well violate the document.
      if (location[0] === 'request' && status >= 400) continue;
      violations.push(`${from.method} ${from.url} answered ${status}: ${location.join('.')} ${message}`);
    }
  }

  const server = createServer((from: IncomingMessage, to: ServerResponse) => {
    const { method, headers } = from;
    const onward = request(new URL(from.url ?? '/', target), { method, headers }, (answer) => {
      record(from, answer);
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onward.on('error', (error) => to.writeHead(502).end(error.message));
    from.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    sent,
    violations,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface Violation {
  readonly location: readonly string[];
  readonly message: string;
}

/** Reads the header field that Prism adds. */
function readViolations(answer: IncomingMessage): Violation[] {
  const field = answer.headers['sl-violations'];
  return typeof field === 'string' ? JSON.parse(field) : [];
}
