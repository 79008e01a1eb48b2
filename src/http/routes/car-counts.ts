/** `GET /cars/counts`: how many cars have each value of a field, for facets and charts. */

import { Type } from 'typebox';
import type { ValueCount } from '../../cars/car-counts.ts';
import type { CarStore } from '../../cars/car-store.ts';
import { contextOf } from '../callers/caller.ts';
import { toCarFilter } from '../contract/car-filter.ts';
import { problems } from '../contract/problem-responses.ts';
import {
  createRepresentation,
  EFFORT,
  type Representation,
  sendRepresentation,
} from '../contract/representation.ts';
import { empty, HEADERS, json } from '../contract/response-schemas.ts';
import { CarCountsParameters, COUNTS_LIMIT, named, Revalidation } from '../contract/schemas.ts';
import type { Server } from '../server.ts';

export function addCarCountsRoute(server: Server, cars: CarStore): void {
  // As with lists, equal requests that waited together share one result.
  const rendered = new WeakMap<readonly ValueCount[], Representation>();

  server.get(
    '/cars/counts',
    {
      config: { produces: 'application/json', kind: 'list', scope: 'cars:read', publicRead: true },
      schema: {
        operationId: 'countCars',
        summary: 'Count cars by a field',
        description:
          'Lists the values of a field with their numbers of cars: brands and models with the most cars first, years in order. Texts that differ only in case are one value, written as in the car with the lowest id.',
        tags: ['Cars'],
        headers: Revalidation,
        querystring: CarCountsParameters,
        response: {
          200: json(Type.Array(named('ValueCount')), {
            description: 'The values and their numbers of cars.',
            headers: HEADERS.counts,
          }),
          304: empty({
            description: 'If-None-Match lists the current response.',
            headers: HEADERS.counts,
          }),
        },
        ...problems('not-acceptable'),
      },
    },
    async (request, reply) => {
      const { by, limit = COUNTS_LIMIT } = request.query;
      const filter = toCarFilter(request.query);
      const counts = await cars.counts(contextOf(request), { filter, by, limit });
      let representation = rendered.get(counts);
      if (representation === undefined) {
        // The method's types leave out arrays and the text that it returns.
        const body = counts as unknown as Record<string, unknown>;
        const text = String(reply.serializeInput(body, '200', 'application/json'));
        representation = createRepresentation(text, EFFORT.list);
        rendered.set(counts, representation);
      }
      return sendRepresentation(request, reply.type('application/json; charset=utf-8'), representation);
    },
  );
}
