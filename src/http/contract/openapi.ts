/** Generates the OpenAPI 3.1 document from the schemas of the routes. */

import swagger from '@fastify/swagger';
import type { Server } from '../server.ts';

/** Must be called before the routes are added, because it collects them. */
export function collectOpenapi(server: Server, version: string): void {
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
      servers: [{ url: '/', description: 'This service' }],
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
    refResolver: {
      buildLocalReference: (schema, _baseUri, _fragment, index) =>
        typeof schema['$id'] === 'string' ? schema['$id'] : `Schema${index}`,
    },
  });
}
