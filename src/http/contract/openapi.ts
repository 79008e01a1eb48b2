/** The OpenAPI 3.1 document, generated from the routes' schemas. */

import swagger from '@fastify/swagger';
import type { Server } from '../server.ts';

/** Must be registered before the routes, which it collects. */
export function collectOpenapi(server: Server, version: string): void {
  server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Cars API',
        version,
        description:
          'Cars with a brand, a model and a year. Errors are problem documents (RFC 9457), each `type` of which is a page that says cause and cure. A service that tells callers apart asks for an API key or an access token with the scope that each call names; one that does not lets everybody do everything.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/', description: 'This service' }],
      // Each route says what it needs (see secure-route.ts).
      security: [],
      components: {
        securitySchemes: {
          apiKey: {
            type: 'apiKey',
            in: 'header',
            name: 'X-API-Key',
            description: 'An API key, where the service knows callers by keys.',
          },
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key, or an access token (JWT) where the service knows callers by tokens.',
          },
        },
      },
      tags: [
        { name: 'Cars', description: 'The cars.' },
        { name: 'Health', description: 'What load balancers and operators ask.' },
      ],
    },
    refResolver: {
      buildLocalReference: (schema, _baseUri, _fragment, index) =>
        typeof schema['$id'] === 'string' ? schema['$id'] : `Schema${index}`,
    },
  });
}
