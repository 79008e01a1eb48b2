/**
 * A server that answers in AWS's protocols, for whoever sets AWS_ENDPOINT_URL to it: JSON 1.0 and 1.1 (ECS, ECR, DynamoDB, …)
 * and Query (STS, CloudFormation, Elastic Load Balancing, …). What a service does is for its handler to say.
 * https://smithy.io/2.0/aws/protocols/index.html
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { nest, toXml } from './query-protocol.ts';

// biome-ignore lint/suspicious/noExplicitAny: each action has its own shape, documented by AWS
export type Document = Record<string, any>;

/** One service: answers an action, or throws {@link AwsError}. `undefined` hands the request on. */
export type Handler = (
  action: string,
  input: Document,
) => Promise<Document | undefined> | Document | undefined;

/** What AWS answers when it refuses: `code` is the error's name in its API reference. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Members beside code and message. */
  readonly more: Document;

  constructor(code: string, message: string, status = 400, more: Document = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.more = more;
  }
}

export interface LocalAws {
  /** For AWS_ENDPOINT_URL. By name, as CDK does not find its bucket by number. */
  readonly url: string;
  close(): void;
}

export interface LocalAwsOptions {
  /** By the name that signatures carry: `ecs`, `cloudformation`, … */
  readonly services: Readonly<Record<string, Handler>>;
  /** Asked before every request; throws what AWS would. */
  readonly before?: (service: string, action: string) => void;
  /** What `GET /blobs/DIGEST` answers. */
  readonly blob?: (digest: string) => string | undefined;
  /** Where what no handler answers goes, as it is. */
  readonly otherwise?: string;
}

export async function startLocalAws({
  services,
  before,
  blob,
  otherwise,
}: LocalAwsOptions): Promise<LocalAws> {
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const [, digest] = /^\/blobs\/([^?]*)/.exec(request.url ?? '') ?? [];
    if (digest !== undefined && blob !== undefined) return void response.end(blob(digest));
    const service = serviceOf(request);
    const call = parse(request, body);
    try {
      before?.(service, call.action);
      const answer = await services[service]?.(call.action, call.input);
      if (answer !== undefined) return call.answer(response, answer);
      if (otherwise !== undefined) return await forward(otherwise, request, body, response);
      throw new AwsError('UnknownOperationException', `${service} has no ${call.action} here`);
    } catch (error) {
      call.refuse(
        response,
        error instanceof AwsError ? error : new AwsError('InternalFailure', String(error), 500),
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function serviceOf(request: IncomingMessage): string {
  const scope = /Credential=[^/]*\/\d+\/[^/]*\/([^/]*)\//.exec(request.headers.authorization ?? '');
  return scope?.[1] ?? '';
}

interface Call {
  readonly action: string;
  readonly input: Document;
  answer(response: ServerResponse, output: Document): void;
  refuse(response: ServerResponse, error: AwsError): void;
}

function parse(request: IncomingMessage, body: Buffer): Call {
  const target = request.headers['x-amz-target'];
  return typeof target === 'string' ? parseJson(target, request, body) : parseQuery(body);
}

function parseJson(target: string, request: IncomingMessage, body: Buffer): Call {
  const send = (response: ServerResponse, status: number, document: Document) => {
    response.writeHead(status, {
      'content-type': request.headers['content-type'] ?? 'application/x-amz-json-1.1',
    });
    response.end(JSON.stringify(document, inSeconds));
  };
  return {
    action: target.split('.').at(-1) ?? '',
    input: JSON.parse(body.toString() || '{}'),
    answer: (response, output) => send(response, 200, output),
    refuse: (response, { code, message, status, more }) =>
      send(response, status, { __type: code, message, Message: message, ...more }),
  };
}

/** Times are numbers in AWS's JSON: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#shape-serialization */
function inSeconds(this: Document, name: string, value: unknown): unknown {
  const original: unknown = this[name];
  return original instanceof Date ? original.getTime() / 1000 : value;
}

function parseQuery(body: Buffer): Call {
  const fields = new URLSearchParams(body.toString());
  const action = fields.get('Action') ?? '';
  const send = (response: ServerResponse, status: number, xml: string) => {
    response.writeHead(status, { 'content-type': 'text/xml' });
    response.end(xml);
  };
  return {
    action,
    input: nest(fields),
    answer: (response, output) =>
      send(
        response,
        200,
        `<${action}Response><${action}Result>${toXml(output)}</${action}Result></${action}Response>`,
      ),
    refuse: (response, { code, message, status }) =>
      send(
        response,
        status,
        `<ErrorResponse><Error><Type>Sender</Type>${toXml({ Code: code, Message: message })}</Error></ErrorResponse>`,
      ),
  };
}

async function forward(
  to: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    typeof value === 'string' &&
    !['host', 'connection', 'content-length', 'transfer-encoding', 'expect'].includes(name)
      ? [[name, value] as [string, string]]
      : [],
  );
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  const answer = await fetch(to + request.url, {
    method: request.method ?? 'GET',
    headers,
    redirect: 'manual',
    ...(hasBody && { body: new Uint8Array(body) }),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const kept = [...answer.headers].filter(
    ([name]) => !['content-length', 'content-encoding', 'transfer-encoding', 'connection'].includes(name),
  );
  response.writeHead(answer.status, Object.fromEntries(kept));
  response.end(bytes);
}
