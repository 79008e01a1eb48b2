/** `GET /cars`: filters, sort and keyset pagination. */

import type { FastifyReply } from 'fastify';
import { type Static, Type } from 'typebox';
import {
  type CarListQuery,
  type CarPage,
  completeSort,
  positionOf,
  type SortField,
  type SortTerm,
} from '../../cars/car-list.ts';
import type { CarStore } from '../../cars/car-store.ts';
import { contextOf } from '../callers/caller.ts';
import { toCarFilter } from '../contract/car-filter.ts';
import { decodeCursor, encodeCursor } from '../contract/cursor.ts';
import { createPageLinks, DEFAULT_LIMIT } from '../contract/page-links.ts';
import { problems } from '../contract/problem-responses.ts';
import {
  createRepresentation,
  EFFORT,
  type Representation,
  sendRepresentation,
} from '../contract/representation.ts';
import { empty, HEADERS, json } from '../contract/response-schemas.ts';
import { CarListParameters, named, Revalidation } from '../contract/schemas.ts';
import type { Server } from '../server.ts';

type Parameters = Static<typeof CarListParameters>;

interface Rendered {
  readonly representation: Representation;
  /** The cursor of the next page, if there is one. */
  readonly next: string | undefined;
}

export function addCarListRoute(server: Server, cars: CarStore): void {
  // Requests that asked for the same list at the same time share one page, so it is serialised and compressed once for all
  // of them. It holds no secret: every client that may read one car may read all of them.
  const rendered = new WeakMap<CarPage, Rendered>();

  server.get(
    '/cars',
    {
      config: { produces: 'application/json', kind: 'list', scope: 'cars:read', publicRead: true },
      schema: {
        operationId: 'listCars',
        summary: 'List cars',
        tags: ['Cars'],
        headers: Revalidation,
        querystring: CarListParameters,
        response: {
          200: json(Type.Array(named('Car')), { description: 'A page of cars.', headers: HEADERS.list }),
          304: empty({ description: 'If-None-Match lists the current page.', headers: HEADERS.unchanged }),
        },
        ...problems('invalid-cursor', 'not-acceptable'),
      },
    },
    async (request, reply) => {
      const { query } = request;
      const links = createPageLinks('/cars', query);
      const listQuery = toListQuery(query);
      const context = contextOf(request);
      const [page, total] = await Promise.all([
        cars.list(context, listQuery),
        query.count === 'exact' ? cars.count(context, listQuery.filter) : undefined,
      ]);
      const { representation, next } = rendered.get(page) ?? render(page, listQuery, reply);
      rendered.set(page, { representation, next });
      if (total !== undefined) reply.header('x-total-count', String(total));
      reply.header('link', links(next));
      return sendRepresentation(request, reply.type('application/json; charset=utf-8'), representation);
    },
  );
}

function render(page: CarPage, { filter, sort }: CarListQuery, reply: FastifyReply): Rendered {
  const last = page.more ? page.cars.at(-1) : undefined;
  // The method's types leave out arrays and the text that it returns.
  const cars = page.cars as unknown as Record<string, unknown>;
  return {
    representation: createRepresentation(
      String(reply.serializeInput(cars, '200', 'application/json')),
      EFFORT.list,
    ),
    next: last && encodeCursor(positionOf(last, sort), sort, filter),
  };
}

function toListQuery({ sort, limit, cursor, ...rest }: Parameters): CarListQuery {
  const filter = toCarFilter(rest);
  const terms = completeSort(parseSort(sort ?? 'id'));
  return {
    filter,
    sort: terms,
    limit: limit ?? DEFAULT_LIMIT,
    ...(cursor !== undefined && { after: decodeCursor(cursor, terms, filter) }),
  };
}

/** The schema's pattern allows names of fields only. */
function parseSort(sort: string): SortTerm[] {
  return sort.split(',').map((term) => ({
    field: term.replace('-', '') as SortField,
    descending: term.startsWith('-'),
  }));
}
