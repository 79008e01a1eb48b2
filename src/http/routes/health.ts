/** Health checks for load balancers and operators, and the route that creates the tables. */

import { Type } from 'typebox';
import { CarError } from '../../cars/car-error.ts';
import { problems } from '../contract/problem-responses.ts';
import { json } from '../contract/response-schemas.ts';
import { named } from '../contract/schemas.ts';
import type { Server } from '../server.ts';

export interface HealthOptions {
  readonly version: string;
  /** Whether the service is shutting down. */
  readonly isStopping: () => boolean;
}

/** What these routes need of the database. */
interface Schema {
  /** Rejects with `unavailable` unless the database answers and its schema fits. */
  checkReady(): Promise<void>;
  /** Applies pending migrations if the service may, else rejects with `unavailable` if any is pending. */
  ensureSchema(): Promise<void>;
}

const tags = ['Health'];

export function addHealthRoutes(
  server: Server,
  database: Schema,
  { version, isStopping }: HealthOptions,
): void {
  server.get(
    '/healthz',
    {
      schema: {
        operationId: 'getHealth',
        summary: 'Check liveness',
        description: 'Does not query the database.',
        tags,
        response: { 200: json(named('Health'), { description: 'The process is running.' }) },
        ...problems(),
      },
    },
    async () => ({ status: 'ok' as const, version }),
  );

  server.get(
    '/readyz',
    {
      schema: {
        operationId: 'getReadiness',
        summary: 'Check readiness',
        description: 'Queries the database.',
        tags,
        response: {
          200: json(named('Readiness'), { description: 'The service can handle requests.' }),
        },
        ...problems('unavailable'),
      },
    },
    async () => {
      if (isStopping())
        throw new CarError('unavailable', { cause: new Error('the service is shutting down') });
      await database.checkReady();
      return { status: 'ready' as const };
    },
  );

  const createTable = {
    schema: {
      summary: 'Create the tables',
      description:
        'Applies pending migrations if `MIGRATE_ON_START` is true. Otherwise only checks that none is pending.',
      tags: ['Cars'],
      response: {
        200: {
          description: 'The tables exist.',
          content: { 'text/plain': { schema: Type.Literal('Tabla cars creada') } },
        },
      },
      ...problems('not-acceptable', 'storage-full'),
    },
    config: { produces: 'text/plain', scope: 'admin' },
    exposeHeadRoute: false,
  } as const;
  server.get(
    '/create-table',
    { ...createTable, schema: { ...createTable.schema, operationId: 'createTable' } },
    async (request, reply) => {
      // A migration may take longer than other responses, during which the client sends and receives nothing.
      request.raw.socket.setTimeout(0);
      await database.ensureSchema();
      return reply.type('text/plain; charset=utf-8').send('Tabla cars creada');
    },
  );
  // HEAD is a safe method (RFC 9110, section 9.2.1), so it never migrates.
  server.head(
    '/create-table',
    { ...createTable, schema: { ...createTable.schema, operationId: 'checkTable' } },
    async (_request, reply) => {
      await database.checkReady();
      return reply.type('text/plain; charset=utf-8').send('Tabla cars creada');
    },
  );
}
