/** The routes of single cars: create, read, replace, patch, delete. */

import type { FastifyReply } from 'fastify';
import type { Car, CarFields } from '../../cars/car.ts';
import { CarError } from '../../cars/car-error.ts';
import type { CarStore } from '../../cars/car-store.ts';
import { contextOf } from '../callers/caller.ts';
import { entityTag, preconditionOf, readOutcome } from '../contract/entity-tag.ts';
import { readJsonBody } from '../contract/json-body.ts';
import { empty, HEADERS, json, problems } from '../contract/response-schemas.ts';
import { CarParams, IdempotencyKeyHeader, named, Preconditions } from '../contract/schemas.ts';
import type { Server } from '../server.ts';

const produces = 'application/json';
const reading = { produces, kind: 'read', scope: 'cars:read', publicRead: true } as const;
const writing = { produces, kind: 'write', scope: 'cars:write' } as const;

const tags = ['Cars'];

export function addCarRoutes(server: Server, cars: CarStore): void {
  const writeProblems = problems(404, 412, 413, 415, 422, 503, 507);

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
          ...problems(409, 413, 415, 422, 503, 507),
        },
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
          ...problems(404, 412, 503),
        },
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
        body: named('CarInput'),
        response: {
          200: json(named('Car'), { description: 'The changed car.', headers: HEADERS.etag }),
          ...writeProblems,
        },
      },
    },
    async (request, reply) => {
      const { params, body, raw } = request;
      const car = await cars.update(contextOf(request), params.id, body, preconditionOf(raw.headers));
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
            ...writeProblems,
          },
        },
      },
      async (request, reply) => {
        const { id } = request.params as { id: number };
        const patch = request.body as Partial<CarFields>;
        const car = await cars.update(contextOf(request), id, patch, preconditionOf(request.raw.headers));
        return withEntityTag(reply, car);
      },
    );
  });

  server.delete(
    '/cars/:id',
    {
      config: writing,
      schema: {
        operationId: 'deleteCar',
        summary: 'Delete a car',
        tags,
        params: CarParams,
        headers: Preconditions,
        response: {
          204: empty({ description: 'The car was deleted.' }),
          ...problems(404, 412, 413, 415, 503, 507),
        },
      },
    },
    async (request, reply) => {
      await cars.delete(contextOf(request), request.params.id, preconditionOf(request.raw.headers));
      return sendNothing(reply, 204);
    },
  );
}

function sendNothing(reply: FastifyReply, status: 204 | 304): FastifyReply {
  return reply.code(status).send();
}

/** Moves the version to the ETag: the schema leaves it out of the body. */
function withEntityTag(reply: FastifyReply, car: Car): Car {
  reply.header('etag', entityTag(car.version));
  return car;
}
