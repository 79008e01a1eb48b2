/** The routes of single cars: create, read, replace, patch, delete. */

import type { FastifyReply } from 'fastify';
import type { Car as CarOfDomain } from '../../cars/car.ts';
import { CarError } from '../../cars/car-error.ts';
import type { CarStore } from '../../cars/car-store.ts';
import { contextOf } from '../callers/author.ts';
import { entityTag, preconditionOf, readOutcome } from '../contract/entity-tag.ts';
import { readJsonBody } from '../contract/json-body.ts';
import { IdempotencyKeyHeader, Preconditions } from '../contract/request-headers.ts';
import { empty, HEADERS, json, problems } from '../contract/responses.ts';
import { CarParams, named } from '../contract/schemas.ts';
import { sendJson } from '../contract/send-json.ts';
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
          201: json(named('Car'), { description: 'The car.', headers: HEADERS.created }),
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
      const extra = replayed ? ['idempotency-replayed', 'true'] : [];
      return sendCar(reply, 201, car, ['location', `/cars/${car.id}`, ...extra]);
    },
  );

  server.get(
    '/cars/:id',
    {
      config: reading,
      schema: {
        operationId: 'getCar',
        summary: 'Read a car',
        tags,
        params: CarParams,
        headers: Preconditions,
        response: {
          200: json(named('Car'), { description: 'The car.', headers: HEADERS.etag }),
          304: empty({
            description: 'The car has the version that If-None-Match names.',
            headers: HEADERS.etag,
          }),
          ...problems(404, 412, 503),
        },
      },
    },
    async (request, reply) => {
      const car = await cars.get(contextOf(request), request.params.id);
      const outcome = readOutcome(request.raw.headers, car.version);
      if (outcome === 'refuse') throw new CarError('version-mismatch');
      if (outcome === 'not-modified') return sendNothing(reply.header('etag', entityTag(car.version)), 304);
      return sendCar(reply, 200, car);
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
          200: json(named('Car'), { description: 'The car as it is now.', headers: HEADERS.etag }),
          ...writeProblems,
        },
      },
    },
    async (request, reply) => {
      const { params, body, raw } = request;
      const precondition = preconditionOf(raw.headers);
      const car = await cars.update(contextOf(request), params.id, body, precondition);
      return sendCar(reply, 200, car);
    },
  );

  // In a context of its own, because only here a body may be a merge patch.
  server.register(async (context) => {
    context.addContentTypeParser('application/merge-patch+json', { parseAs: 'buffer' }, readJsonBody);
    context.patch(
      '/cars/:id',
      {
        config: writing,
        schema: {
          operationId: 'patchCar',
          summary: 'Change some members of a car',
          tags,
          consumes: ['application/merge-patch+json', 'application/json'],
          params: CarParams,
          headers: Preconditions,
          body: named('CarPatch'),
          response: {
            200: json(named('Car'), { description: 'The car as it is now.', headers: HEADERS.etag }),
            ...writeProblems,
          },
        },
      },
      async (request, reply) => {
        const { id } = request.params as { id: number };
        const patch = request.body as Partial<CarOfDomain>;
        const precondition = preconditionOf(request.raw.headers);
        const car = await cars.update(contextOf(request), id, patch, precondition);
        return sendCar(reply, 200, car);
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
          204: empty({ description: 'The car is deleted.' }),
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

/** The version travels in the ETag. */
function sendCar(
  reply: FastifyReply,
  status: 200 | 201,
  car: CarOfDomain,
  headers: string[] = [],
): FastifyReply {
  return sendJson(reply, status, car, ['etag', entityTag(car.version), ...headers]);
}

function sendNothing(reply: FastifyReply, status: 204 | 304): FastifyReply {
  return reply.code(status).send();
}
