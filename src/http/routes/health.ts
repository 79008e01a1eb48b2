/** What load balancers and operators ask: does the process answer, may it get requests, is the schema there. */

import { Type } from 'typebox';
import { CarError } from '../../cars/car-error.ts';
import { json, problems } from '../contract/responses.ts';
import { named } from '../contract/schemas.ts';
import type { Server } from '../server.ts';

export interface HealthOptions {
  readonly version: string;
  /** True from the moment the service was told to stop. */
  readonly isStopping: () => boolean;
}

/** What these routes ask of the database. */
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
        summary: 'Does the process answer? Never asks the database.',
        tags,
        response: { 200: json(named('Health'), { description: 'It does.' }), ...problems() },
      },
    },
    async () => ({ status: 'ok' as const, version }),
  );

  server.get(
    '/readyz',
    {
      schema: {
        operationId: 'getReadiness',
        summary: 'May this process get requests? Asks the database.',
        tags,
        response: { 200: json(named('Readiness'), { description: 'It may.' }), ...problems(503) },
      },
    },
    async () => {
      if (isStopping()) throw new CarError('unavailable', { cause: new Error('stopping') });
      await database.checkReady();
      return { status: 'ready' as const };
    },
  );

  const createTable = {
    schema: {
      summary: 'Create the tables',
      description:
        'Applies pending migrations where the service migrates by itself; elsewhere tells whether any is pending.',
      tags: ['Cars'],
      response: {
        200: {
          description: 'The tables are there.',
          content: { 'text/plain': { schema: Type.Literal('Tabla cars creada') } },
        },
        ...problems(503, 507),
      },
    },
    config: { produces: 'text/plain', scope: 'admin' },
    exposeHeadRoute: false,
  } as const;
  server.get(
    '/create-table',
    { ...createTable, schema: { ...createTable.schema, operationId: 'createTable' } },
    async (_request, reply) => {
      await database.ensureSchema();
      return reply.type('text/plain; charset=utf-8').send('Tabla cars creada');
    },
  );
  // HEAD is safe (RFC 9110, section 9.2.1): it never migrates.
  server.head(
    '/create-table',
    { ...createTable, schema: { ...createTable.schema, operationId: 'checkTable' } },
    async (_request, reply) => {
      await database.checkReady();
      return reply.type('text/plain; charset=utf-8').send('Tabla cars creada');
    },
  );
}
