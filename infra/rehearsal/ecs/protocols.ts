/**
 * The two protocols of AWS's clients used here: JSON 1.0 and 1.1 (ECS, ECR, DynamoDB, …) and Query
 * (STS, CloudFormation, Elastic Load Balancing, …). https://smithy.io/2.0/aws/protocols/index.html
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AwsError, Document } from './handler.ts';

/** A parsed request, and how to answer it in its protocol. */
export interface Call {
  readonly action: string;
  readonly input: Document;
  answer(response: ServerResponse, output: Document): void;
  fail(response: ServerResponse, error: AwsError): void;
}

export function parseCall(request: IncomingMessage, body: Buffer): Call {
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
    fail: (response, { code, message, status, more }) =>
      send(response, status, { __type: code, message, Message: message, ...more }),
  };
}

/**
 * Times are numbers in AWS's JSON:
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#shape-serialization
 */
function inSeconds(this: Document, name: string, value: unknown): unknown {
  const original: unknown = this[name];
  return original instanceof Date ? original.getTime() / 1000 : value;
}

/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
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
    fail: (response, { code, message, status }) =>
      send(
        response,
        status,
        `<ErrorResponse><Error><Type>Sender</Type>${toXml({ Code: code, Message: message })}</Error></ErrorResponse>`,
      ),
  };
}

/** Parses `A.member.1.B=x` to `{ A: [{ B: 'x' }] }`. */
function nest(fields: URLSearchParams): Document {
  const root: Document = {};
  for (const [key, value] of fields) {
    const path = key.split('.').filter((step) => step !== 'member');
    let place = root;
    path.forEach((step, index) => {
      const name = /^\d+$/.test(step) ? Number(step) - 1 : step;
      if (index === path.length - 1) place[name] = value;
      else {
        place[name] ??= /^\d+$/.test(path[index + 1] ?? '') ? [] : {};
        place = place[name];
      }
    });
  }
  return root;
}

/** A list may name its items, as those of RDS do: `<DBInstances><DBInstance>`. */
function toXml(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) {
    const { itemName = 'member' } = value as { itemName?: string };
    return value.map((item) => `<${itemName}>${toXml(item)}</${itemName}>`).join('');
  }
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') {
    return Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([name, item]) => `<${name}>${toXml(item)}</${name}>`)
      .join('');
  }
  return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
