/** The OpenAPI document: valid, committed as it is served, and complete. */

import { readFileSync } from 'node:fs';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Validator } from '@seriousme/openapi-schema-validator';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseBody } from './answer.ts';
import { useApp } from './start-app.ts';

const app = useApp();
const FILE = new URL('../../openapi.json', import.meta.url);

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly description: string;
  }[];
  readonly requestBody?: { readonly content: Record<string, unknown> };
  readonly responses: Record<
    string,
    { readonly description: string; readonly content?: Record<string, unknown> }
  >;
  readonly security?: readonly Record<string, readonly string[]>[];
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly securitySchemes: object };
}

let served = '';
let document: Document;

beforeAll(async () => {
  const answer = await app().get('/openapi.json');
  served = answer.body;
  document = parseBody(answer) as Document;
});

/** What any request may be answered with, and what requests with a body may. */
const ANY = [400, 406, 408, 414, 417, 431, 500];
const BODY = [413, 415, 422];
/** What a request may be answered with that needs a scope. */
const GATE = [401, 403, 429, 503];

const OPERATIONS: Record<string, readonly number[]> = {
  'get /cars': [200, ...ANY, ...GATE],
  'post /cars': [201, ...ANY, ...GATE, ...BODY, 409, 507],
  'get /cars/{id}': [200, 304, ...ANY, ...GATE, 404, 412],
  'get /cars/{id}/history': [200, ...ANY, ...GATE, 404],
  'put /cars/{id}': [200, ...ANY, ...GATE, ...BODY, 404, 412, 507],
  'patch /cars/{id}': [200, ...ANY, ...GATE, ...BODY, 404, 412, 507],
  'delete /cars/{id}': [204, ...ANY, ...GATE, 404, 412, 413, 415, 507],
  'get /create-table': [200, ...ANY, ...GATE, 507],
  'get /healthz': [200, ...ANY],
  'get /readyz': [200, ...ANY, 503],
};

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );

describe('the OpenAPI document', () => {
  it('is committed as the service returns it; if this fails, run: npm run openapi', () => {
    const committed = readFileSync(FILE, 'utf8');
    expect(JSON.parse(committed)).toEqual(document);
    expect(committed).toBe(`${JSON.stringify(JSON.parse(served), null, 2)}\n`);
  });

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(served))).toEqual({ valid: true });
    expect([validator.version, document.openapi]).toEqual(['3.1', '3.1.0']);
  });

  it("follows Redocly's recommended rules", async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const found = await lintFromString({ source: served, absoluteRef: FILE.pathname, config });
    expect(found.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
  });

  it('documents each operation with every status it can return', () => {
    const documented = operations().map(({ name, operation }) => [
      name,
      Object.keys(operation.responses).map(Number).sort(),
    ]);
    const expected = Object.entries(OPERATIONS).map(([name, statuses]) => [name, [...statuses].sort()]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(expected));
  });

  it('names and describes each operation, parameter and response', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation } of operations()) {
      expect(operation.summary).toMatch(/\S/);
      expect(operation.tags).toHaveLength(1);
      for (const { description } of operation.parameters ?? []) expect(description).toMatch(/\S/);
      for (const { description } of Object.values(operation.responses))
        expect(description).toMatch(/^[A-Z].*\.$/s);
    }
  });

  it('documents every error as a problem document', () => {
    for (const { name, operation } of operations()) {
      const errors = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
      for (const [status, { content }] of errors) {
        const expected = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
        expect([name, status, content]).toEqual([name, status, expected]);
      }
    }
  });

  it('lists the scope of each operation, and those that need none', () => {
    const needs = (scope: string) => [{ apiKey: [scope] }, { bearer: [scope] }];
    const security = operations().map(({ name, operation }) => [name, operation.security]);
    expect(Object.fromEntries(security)).toEqual({
      'get /cars': [...needs('cars:read'), {}],
      'post /cars': needs('cars:write'),
      'get /cars/{id}': [...needs('cars:read'), {}],
      'get /cars/{id}/history': needs('cars:read'),
      'put /cars/{id}': needs('cars:write'),
      'patch /cars/{id}': needs('cars:write'),
      'delete /cars/{id}': needs('cars:write'),
      'get /create-table': needs('admin'),
      'get /healthz': undefined,
      'get /readyz': undefined,
    });
    expect(Object.keys(document.components.securitySchemes)).toEqual(['apiKey', 'bearer']);
  });

  it('lists the parameters and the media types that the service accepts', () => {
    const described = (method: string, path: string) => {
      const { parameters = [], requestBody } = document.paths[path]?.[method] ?? {};
      return [
        parameters.map(({ in: where, name }) => `${where} ${name}`),
        Object.keys(requestBody?.content ?? {}),
      ];
    };
    const filters = ['brand', 'model', 'year', 'yearMin', 'yearMax', 'sort', 'limit', 'cursor', 'count'];
    expect(described('get', '/cars')).toEqual([filters.map((name) => `query ${name}`), []]);
    expect(described('post', '/cars')).toEqual([['header idempotency-key'], ['application/json']]);
    expect(described('get', '/cars/{id}')).toEqual([
      ['path id', 'header if-match', 'header if-none-match'],
      [],
    ]);
    expect(described('get', '/cars/{id}/history')).toEqual([['query limit', 'query cursor', 'path id'], []]);
    expect(described('put', '/cars/{id}')).toEqual([
      ['path id', 'header if-match', 'header if-none-match'],
      ['application/json'],
    ]);
    expect(described('patch', '/cars/{id}')).toEqual([
      ['path id', 'header if-match', 'header if-none-match'],
      ['application/merge-patch+json', 'application/json'],
    ]);
    expect(described('delete', '/cars/{id}')).toEqual([
      ['path id', 'header if-match', 'header if-none-match'],
      [],
    ]);
  });
});
