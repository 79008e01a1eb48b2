/** Generates the OpenAPI 3.1 document from the schemas of the routes, and what of it a service serves. */

import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { AuthConfig } from '../../config/auth.ts';
import type { LimitsConfig } from '../../config/limits.ts';
import { addExamples } from './examples.ts';
import {
  addProblemResponses,
  LIMIT_HEADERS,
  type OpenapiDocument,
  type Operation,
  toPascalCase,
} from './problem-responses.ts';
import { PROBLEM_TYPES, type ProblemCode } from './problem-texts.ts';

/** Must be called before the routes are added, because it collects them. */
export function collectOpenapi(server: FastifyInstance, version: string): void {
  server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Cars API',
        version,
        description:
          'Stores cars. Errors are problem documents (RFC 9457). Each `type` is a page that explains the cause and how to fix it. If authentication is on, each operation needs an API key or an access token with the scope it lists.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      // No `servers`: the service does not know its address. Clients then use that of the document.
      // Each route lists its own (see require-scope.ts).
      security: [],
      components: {
        securitySchemes: {
          apiKey: {
            type: 'apiKey',
            in: 'header',
            name: 'X-API-Key',
            description: 'An API key, if the service accepts API keys.',
          },
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key, or an access token (JWT) if the service accepts access tokens.',
          },
        },
      },
      tags: [
        { name: 'Cars', description: 'Create, read, change and delete cars.' },
        { name: 'Health', description: 'Health checks for load balancers and operators.' },
      ],
    },
    transformObject: (collected) => {
      const document = 'openapiObject' in collected ? collected.openapiObject : {};
      addExamples(document);
      return addProblemResponses(document);
    },
    refResolver: {
      buildLocalReference: (schema, _baseUri, _fragment, index) =>
        typeof schema['$id'] === 'string' ? schema['$id'] : `Schema${index}`,
    },
  });
}

/** What of the configuration the served document depends on. */
export type ServedConfig = Pick<AuthConfig, 'apiKeys' | 'jwt' | 'publicRead'> & {
  readonly limits: LimitsConfig;
};

/** Leaves out credentials, and problems and header fields of limits, that the configuration does not use. */
export function describeService(
  contract: object,
  { apiKeys, jwt, publicRead, limits }: ServedConfig,
): OpenapiDocument {
  const document: OpenapiDocument = structuredClone(contract);
  const schemes = { apiKey: apiKeys, bearer: apiKeys || jwt !== undefined };
  const isOpen = !schemes.bearer;
  const isUnlimited = limits.reads === 0 && limits.writes === 0 && limits.rows === 0;
  const unused: ProblemCode[] = [
    ...(isOpen ? (['unauthenticated', 'forbidden'] as const) : []),
    ...(isUnlimited ? (['too-many-requests'] as const) : []),
  ];
  const { securitySchemes = {}, responses = {} } = document.components ?? {};
  for (const [name, isUsed] of Object.entries(schemes)) if (!isUsed) delete securitySchemes[name];
  for (const code of unused) delete responses[toPascalCase(code)];
  for (const operation of Object.values(document.paths ?? {}).flatMap((path) => Object.values(path))) {
    if (isOpen) delete operation.security;
    operation.security &&= operation.security.filter((requirement) => {
      const names = Object.keys(requirement);
      return names.length === 0 ? publicRead : names.every((name) => name in securitySchemes);
    });
    for (const code of unused) delete operation.responses[PROBLEM_TYPES[code].status];
    if (isUnlimited) removeLimitHeaders(operation);
  }
  if (isUnlimited) delete document.components?.headers;
  return document;
}

function removeLimitHeaders({ responses }: Operation): void {
  for (const response of Object.values(responses)) {
    for (const name of Object.keys(LIMIT_HEADERS)) delete response.headers?.[name];
    if (Object.keys(response.headers ?? {}).length === 0) delete response.headers;
  }
}
