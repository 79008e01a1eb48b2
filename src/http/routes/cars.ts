/** The routes of single cars: create, read, replace, patch, delete. */

import type { FastifyReply } from 'fastify';
import type { Car, CarFields } from '../../cars/car.ts';
import { CarError } from '../../cars/car-error.ts';
import type { CarStore } from '../../cars/car-store.ts';
import { callerOf, contextOf } from '../callers/caller.ts';
import { entityTag, preconditionOf, readOutcome } from '../contract/entity-tag.ts';
import { readJsonBody } from '../contract/json-body.ts';
import { Problem } from '../contract/problem.ts';
import { BODY_PROBLEMS, problems, WRITE_PROBLEMS } from '../contract/problem-responses.ts';
import { empty, HEADERS, json } from '../contract/response-schemas.ts';
import { CarParams, IdempotencyKeyHeader, named, Preconditions } from '../contract/schemas.ts';
import type { Server } from '../server.ts';

const produces = 'application/json';
const reading = { produces, kind: 'read', scope: 'cars:read', publicRead: true } as const;
const deleting = { kind: 'write', scope: 'cars:write' } as const;
const writing = { ...deleting, produces } as const;

const tags = ['Cars'];

export function addCarRoutes(server: Server, cars: CarStore): void {
  const changeProblems = problems(
    'not-acceptable',
    'car-not-found',
    'version-mismatch',
    ...BODY_PROBLEMS,
    ...WRITE_PROBLEMS,
  );

  server.post(
    '/cars',
    {
      config: writing,
      schema: {
        operationId: 'createCar',
        summary: 'Create a car',
        tags,
        headers: IdempotencyKeyHeader,
        body: named('CarInput'),
        response: {
          201: json(named('Car'), { description: 'The new car.', headers: HEADERS.created }),
        },
        ...problems(
          'not-acceptable',
          'idempotency-key-busy',
          'idempotency-key-reused',
          ...BODY_PROBLEMS,
          ...WRITE_PROBLEMS,
        ),
      },
    },
    async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const context = contextOf(request);
      const { car, replayed } = await cars.create(
        context,
        request.body,
        key === undefined ? undefined : { caller: context.author.caller, key },
      );
      if (replayed) reply.header('idempotency-replayed', 'true');
      reply.code(201).header('location', `/cars/${car.id}`);
      return withEntityTag(reply, car);
    },
  );

  server.get(
    '/cars/:id',
    {
      config: reading,
      schema: {
        operationId: 'getCar',
        summary: 'Get a car',
        tags,
        params: CarParams,
        headers: Preconditions,
        response: {
          200: json(named('Car'), { description: 'The car.', headers: HEADERS.etag }),
          304: empty({ description: 'If-None-Match lists the current version.', headers: HEADERS.etag }),
        },
        ...problems('not-acceptable', 'car-not-found', 'version-mismatch'),
      },
    },
    async (request, reply) => {
      const car = await cars.get(contextOf(request), request.params.id);
      const outcome = readOutcome(request.raw.headers, car.version);
      if (outcome === 'reject') throw new CarError('version-mismatch');
      if (outcome === 'not-modified') {
        reply.header('etag', entityTag(car.version));
        return sendNothing(reply, 304);
      }
      return withEntityTag(reply, car);
    },
  );

  server.put(
    '/cars/:id',
    {
      config: writing,
      schema: {
        operationId: 'replaceCar',
        summary: 'Replace a car',
        tags,
        params: CarParams,
        headers: Preconditions,
        body: named('CarReplacement'),
        response: {
          200: json(named('Car'), { description: 'The changed car.', headers: HEADERS.etag }),
        },
        ...changeProblems,
      },
    },
    async (request, reply) => {
      const { params, body, raw } = request;
      const fields = withoutId(body, params.id);
      const car = await cars.update(contextOf(request), params.id, fields, preconditionOf(raw.headers));
      return withEntityTag(reply, car);
    },
  );

  // A context of its own, because only this route accepts a merge patch as its body.
  server.register(async (context) => {
    context.addContentTypeParser('application/merge-patch+json', { parseAs: 'buffer' }, readJsonBody);
    context.patch(
      '/cars/:id',
      {
        config: writing,
        schema: {
          operationId: 'patchCar',
          summary: 'Update some members of a car',
          tags,
          consumes: ['application/merge-patch+json', 'application/json'],
          params: CarParams,
          headers: Preconditions,
          body: named('CarPatch'),
          response: {
            200: json(named('Car'), { description: 'The changed car.', headers: HEADERS.etag }),
            204: empty({
              description: 'The car was changed. Returned to a client without the scope `cars:read`.',
              headers: HEADERS.etag,
            }),
          },
          ...changeProblems,
        },
      },
      async (request, reply) => {
        const { id } = request.params as { id: number };
        const fields = withoutId(request.body as Partial<CarFields> & { id?: number }, id);
        const car = await cars.update(contextOf(request), id, fields, preconditionOf(request.raw.headers));
        const result = withEntityTag(reply, car);
        // The car has members that the client did not send.
        return callerOf(request).scopes.includes('cars:read') ? result : sendNothing(reply, 204);
      },
    );
  });

  server.delete(
    '/cars/:id',
    {
      // Without a body, the response to a deletion negotiates nothing.
      config: deleting,
      schema: {
        operationId: 'deleteCar',
        summary: 'Delete a car',
        tags,
        params: CarParams,
        headers: Preconditions,
        response: {
          204: empty({ description: 'The car was deleted.' }),
        },
        ...problems('car-not-found', 'version-mismatch', 'content-too-large', ...WRITE_PROBLEMS),
      },
    },
    async (request, reply) => {
      await cars.delete(contextOf(request), request.params.id, preconditionOf(request.raw.headers));
      return sendNothing(reply, 204);
    },
  );
}

/** Throws a {@link Problem} if a body has another id than the path. */
function withoutId<Fields extends { id?: number }>(body: Fields, pathId: number): Omit<Fields, 'id'> {
  if (body.id === undefined) return body;
  const { id, ...fields } = body;
  if (id === pathId) return fields;
  const errors = [{ pointer: '/id', detail: `must equal the id in the path, ${pathId}` }];
  throw new Problem('invalid-car', `/id must equal the id in the path, ${pathId}.`, { errors });
}

function sendNothing(reply: FastifyReply, status: 204 | 304): FastifyReply {
  return reply.code(status).send();
}

/** Moves the version to the ETag: the schema leaves it out of the body. */
function withEntityTag(reply: FastifyReply, car: Car): Car {
  reply.header('etag', entityTag(car.version));
  return car;
}
