/** The OpenAPI document: valid, committed as it is served, and complete. */

import { readFileSync } from 'node:fs';
import { lintFromString, loadConfig } from '@redocly/openapi-core';
import { Validator } from '@seriousme/openapi-schema-validator';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseBody } from './answer.ts';
import { inlineResponses } from './inline-responses.ts';
import { startApp, useApp } from './start-app.ts';

/** With all that the document depends on, so that it serves the whole contract. */
const app = useApp(undefined, {
  ...{ AUTH: 'api-key,jwt', JWT_ISSUER: 'https://issuer.example', JWT_AUDIENCE: 'cars', PUBLIC_READ: 'true' },
  ...{ RATE_LIMIT_READS: '100000', RATE_LIMIT_WRITES: '100000' },
});
const FILE = new URL('../../openapi.json', import.meta.url);
/** Names the rules that are off, and why. */
const RULES = new URL('../../redocly.yaml', import.meta.url);

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
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

interface Example {
  readonly value: { readonly title: string; readonly detail: string };
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly securitySchemes: object };
}

let served = '';
let contract: object;
let document: Document;

beforeAll(async () => {
  const answer = await app().get('/openapi.json');
  served = answer.body;
  contract = parseBody(answer) as object;
  document = inlineResponses(contract) as Document;
});

/** What any request may be answered with, and what requests with a body may. */
const ANY = [400, 408, 414, 417, 421, 431, 500];
const BODY = [413, 415, 422];
/** What a request may be answered with that needs a scope. */
const GATE = [401, 403, 429, 503];

const OPERATIONS: Record<string, readonly number[]> = {
  'get /cars': [200, 304, 406, ...ANY, ...GATE],
  'post /cars': [201, 406, ...ANY, ...GATE, ...BODY, 409, 507],
  'post /cars/batch': [200, 406, ...ANY, ...GATE, ...BODY, 409, 507],
  'get /cars.csv': [200, 406, ...ANY, ...GATE],
  'get /cars.ndjson': [200, 406, ...ANY, ...GATE],
  'get /cars/counts': [200, 304, 406, ...ANY, ...GATE],
  // Needs a credential, but no scope.
  'get /me': [200, 406, ...ANY, ...GATE.filter((status) => status !== 403)],
  'get /cars/{id}': [200, 304, 406, ...ANY, ...GATE, 404, 412],
  'get /cars/{id}/history': [200, 304, 406, ...ANY, ...GATE, 404],
  'put /cars/{id}': [200, 406, ...ANY, ...GATE, ...BODY, 404, 412, 507],
  'patch /cars/{id}': [200, 204, 406, ...ANY, ...GATE, ...BODY, 404, 412, 507],
  'delete /cars/{id}': [204, ...ANY, ...GATE, 404, 412, 413, 507],
  'get /create-table': [200, 406, ...ANY, ...GATE, 507],
  'get /': [200, 304, 406, ...ANY],
  'get /healthz': [200, ...ANY],
  'get /readyz': [200, ...ANY, 503],
};

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );

describe('the OpenAPI document', () => {
  it('is committed as a service that uses all of it returns it; if this fails, run: npm run openapi', () => {
    const committed = readFileSync(FILE, 'utf8');
    expect(JSON.parse(committed)).toEqual(contract);
    expect(committed).toBe(`${JSON.stringify(JSON.parse(served), null, 2)}\n`);
  });

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(served))).toEqual({ valid: true });
    expect([validator.version, document.openapi]).toEqual(['3.1', '3.1.0']);
  });

  it("follows Redocly's recommended rules", async () => {
    const config = await loadConfig({ configPath: RULES.pathname });
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
      expect(operation.description).toMatch(/^[A-Z].*\.$/s);
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
        const schema = { $ref: '#/components/schemas/Problem' };
        const expected = { 'application/problem+json': { schema, examples: expect.anything() } };
        expect([name, status, content]).toEqual([name, status, expected]);
      }
    }
  });

  it('shares each error between the operations', () => {
    const { paths } = contract as { paths: Record<string, Record<string, Operation>> };
    const responses = Object.values(paths)
      .flatMap((path) => Object.values(path))
      .flatMap((operation) => Object.entries(operation.responses));
    for (const [status, response] of responses)
      expect([status, Object.keys(response).includes('$ref')]).toEqual([status, Number(status) >= 400]);
    expect(JSON.stringify(contract).length).toBeLessThan(70_000);
  });

  it('lists for each operation the problems that it can return, each with a complete example', () => {
    const titles = (name: string, status: number) =>
      operations().find((operation) => operation.name === name)?.operation.responses[status]?.description;
    expect(titles('get /healthz', 400)).toBe('Bad request; Invalid parameter.');
    expect(titles('post /cars', 400)).toBe('Bad request; Invalid parameter.');
    expect(titles('get /cars', 400)).toBe('Bad request; Invalid parameter; Invalid cursor.');
    expect(titles('get /cars/{id}/history', 400)).toBe('Bad request; Invalid parameter; Invalid cursor.');
    expect(titles('get /cars/{id}', 404)).toBe('Car not found.');
    expect(titles('post /cars', 422)).toBe('Idempotency-Key reused; Invalid car.');
    expect(titles('put /cars/{id}', 422)).toBe('Invalid car.');
    expect(titles('get /cars', 503)).toBe('Service unavailable.');
    expect(titles('delete /cars/{id}', 503)).toBe('Service unavailable; Outcome unknown.');
    for (const { operation } of operations()) {
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue;
        const { examples = {} } = (content?.['application/problem+json'] ?? {}) as {
          examples?: Record<string, Example>;
        };
        const described = Object.entries(examples).map(([code, { value }]) => {
          expect(value).toMatchObject({ type: `/docs/problems/${code}`, status: Number(status) });
          expect(value.detail).toMatch(/^\S.*[^.]\.$/);
          return value.title;
        });
        expect(description).toBe(`${described.join('; ')}.`);
      }
    }
  });

  it('gives each schema a type', () => {
    const untyped: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const isSchema = /\/(schema|items|properties\/\w+|schemas\/\w+|anyOf\/\d+)$/.test(path);
      if (isSchema && !['type', '$ref', 'anyOf'].some((name) => name in value)) untyped.push(path);
      for (const [name, part] of Object.entries(value))
        if (name !== 'examples') visit(part, `${path}/${name}`);
    };
    visit(contract, '');
    expect(untyped).toEqual([]);
  });

  it('names no server, because the service does not know its address', () => {
    expect(Object.keys(contract)).not.toContain('servers');
  });

  it('lists the scope of each operation, and those that need none', () => {
    const credential = [{ apiKey: [] }, { bearer: [] }];
    const security = operations().map(({ name, operation: { security, description } }) => [
      name,
      [/ needs the scope `([\w:]+)`/.exec(description)?.[1], security],
    ]);
    expect(Object.fromEntries(security)).toEqual({
      'get /cars': ['cars:read', [...credential, {}]],
      'post /cars': ['cars:write', credential],
      'post /cars/batch': ['cars:write', credential],
      'get /cars.csv': ['cars:read', [...credential, {}]],
      'get /cars.ndjson': ['cars:read', [...credential, {}]],
      'get /cars/counts': ['cars:read', [...credential, {}]],
      'get /me': [undefined, [...credential, {}]],
      'get /cars/{id}': ['cars:read', [...credential, {}]],
      'get /cars/{id}/history': ['cars:read', credential],
      'put /cars/{id}': ['cars:write', credential],
      'patch /cars/{id}': ['cars:write', credential],
      'delete /cars/{id}': ['cars:write', credential],
      'get /create-table': ['admin', credential],
      'get /': [undefined, undefined],
      'get /healthz': [undefined, undefined],
      'get /readyz': [undefined, undefined],
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
    const filters = ['brand', 'model', 'year', 'yearMin', 'yearMax', 'q', 'sort', 'limit', 'cursor', 'count'];
    expect(described('get', '/cars')).toEqual([
      [...filters.map((name) => `query ${name}`), 'header if-none-match'],
      [],
    ]);
    expect(described('get', '/cars/counts')).toEqual([
      [
        ...['by', 'brand', 'model', 'year', 'yearMin', 'yearMax', 'q', 'limit'].map(
          (name) => `query ${name}`,
        ),
        'header if-none-match',
      ],
      [],
    ]);
    expect(described('post', '/cars')).toEqual([['header idempotency-key'], ['application/json']]);
    expect(described('post', '/cars/batch')).toEqual([
      ['query atomic', 'query dryRun', 'query extra', 'header idempotency-key'],
      ['application/json', 'application/x-ndjson', 'text/csv'],
    ]);
    const exported = [...filters.slice(0, 6), 'afterId'].map((name) => `query ${name}`);
    expect(described('get', '/cars.csv')).toEqual([[...exported, 'query safe'], []]);
    expect(described('get', '/cars.ndjson')).toEqual([exported, []]);
    expect(described('get', '/cars/{id}')).toEqual([
      ['path id', 'header if-match', 'header if-none-match'],
      [],
    ]);
    expect(described('get', '/cars/{id}/history')).toEqual([
      ['query limit', 'query cursor', 'path id', 'header if-none-match'],
      [],
    ]);
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

describe('the document of a service', () => {
  const LIMITS = { RATE_LIMIT_READS: '100', RATE_LIMIT_WRITES: '100' };
  const JWT = { AUTH: 'jwt', JWT_ISSUER: 'https://issuer.example', JWT_AUDIENCE: 'cars' };

  it.each([
    { env: {}, schemes: [] },
    { env: LIMITS, schemes: [] },
    { env: { AUTH: 'api-key' }, schemes: ['apiKey', 'bearer'] },
    { env: { AUTH: 'api-key', PUBLIC_READ: 'true', ...LIMITS }, schemes: ['apiKey', 'bearer'] },
    { env: JWT, schemes: ['bearer'] },
  ])('describes what it is configured for: $env', async ({ env, schemes }) => {
    const other = await startApp(env);
    const own = parseBody(await other.get('/openapi.json')) as Document;
    await other.stop();
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(JSON.stringify(own)))).toEqual({ valid: true });
    const { paths, components } = inlineResponses(own) as Document;
    expect(Object.keys(components.securitySchemes)).toEqual(schemes);
    const isPublic = 'PUBLIC_READ' in env;
    const isLimited = 'RATE_LIMIT_READS' in env;
    const expected = (open: boolean) =>
      schemes.length === 0
        ? undefined
        : [...schemes.map((scheme) => ({ [scheme]: [] })), ...(open ? [{}] : [])];
    expect(paths['/cars']?.['get']?.security).toEqual(expected(isPublic));
    expect(paths['/cars']?.['post']?.security).toEqual(expected(false));
    expect(paths['/create-table']?.['get']?.security).toEqual(expected(false));
    for (const { operationId, responses } of Object.values(paths).flatMap((path) => Object.values(path))) {
      const isGuarded = !/^get(Health|Index|Readiness)$/.test(operationId);
      const of = (status: string) => status in responses;
      expect([operationId, of('401'), of('403'), of('429')]).toEqual([
        operationId,
        isGuarded && schemes.length > 0,
        isGuarded && schemes.length > 0 && operationId !== 'getMe',
        isGuarded && isLimited,
      ]);
    }
    expect(JSON.stringify(own).includes('ratelimit')).toBe(isLimited);
  });
});
