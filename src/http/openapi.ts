/** The OpenAPI 3.1 document, generated from the routes' schemas. */

import swagger from '@fastify/swagger';
import type { Server } from './server.ts';

/** Must be registered before the routes, which it collects. */
export function collectOpenapi(server: Server, version: string): void {
  server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Cars API',
        version,
        description:
          'Cars with a brand, a model and a year. Errors are problem documents (RFC 9457), each `type` of which is a page that says cause and cure.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/', description: 'This service' }],
      // Callers are not told apart (see caller.ts).
      security: [],
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
