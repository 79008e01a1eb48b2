/** `GET /cars`: filters, sort and keyset pagination. */

import type { FastifyReply } from 'fastify';
import { type Static, Type } from 'typebox';
import {
  type CarFilter,
  type CarListQuery,
  type CarPage,
  completeSort,
  positionOf,
  type SortField,
  type SortTerm,
} from '../../cars/car-list.ts';
import type { CarStore } from '../../cars/car-store.ts';
import { contextOf } from '../callers/caller.ts';
import { decodeCursor, encodeCursor } from '../contract/cursor.ts';
import { DEFAULT_LIMIT, pageLinks } from '../contract/page-links.ts';
import { problems } from '../contract/problem-responses.ts';
import { HEADERS, json } from '../contract/response-schemas.ts';
import { CarListParameters, named } from '../contract/schemas.ts';
import type { Server } from '../server.ts';

type Parameters = Static<typeof CarListParameters>;

interface Rendered {
  readonly body: string;
  /** The cursor of the next page, if there is one. */
  readonly next: string | undefined;
}

export function addCarListRoute(server: Server, cars: CarStore): void {
  // Requests that asked for the same list at the same time share one page, so it is serialised once for all of them.
  const rendered = new WeakMap<CarPage, Rendered>();

  server.get(
    '/cars',
    {
      config: { produces: 'application/json', kind: 'list', scope: 'cars:read', publicRead: true },
      schema: {
        operationId: 'listCars',
        summary: 'List cars',
        tags: ['Cars'],
        querystring: CarListParameters,
        response: {
          200: json(Type.Array(named('Car')), { description: 'A page of cars.', headers: HEADERS.list }),
        },
        ...problems('invalid-cursor', 'not-acceptable'),
      },
    },
    async (request, reply) => {
      const { query } = request;
      const listQuery = toListQuery(query);
      const context = contextOf(request);
      const [page, total] = await Promise.all([
        cars.list(context, listQuery),
        query.count === 'exact' ? cars.count(context, listQuery.filter) : undefined,
      ]);
      const { body, next } = rendered.get(page) ?? render(page, listQuery, reply);
      rendered.set(page, { body, next });
      if (total !== undefined) reply.header('x-total-count', String(total));
      reply.header('link', pageLinks('/cars', query, next));
      return sendSerialised(reply, body);
    },
  );
}

function render(page: CarPage, { filter, sort }: CarListQuery, reply: FastifyReply): Rendered {
  const last = page.more ? page.cars.at(-1) : undefined;
  // The method's types leave out arrays and the text that it returns.
  const cars = page.cars as unknown as Record<string, unknown>;
  return {
    body: String(reply.serializeInput(cars, '200', 'application/json')),
    next: last && encodeCursor(positionOf(last, sort), sort, filter),
  };
}

function sendSerialised(reply: FastifyReply, body: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(body);
}

/** Parameters that are none of these are filters. */
function toListQuery({ sort, limit, cursor, count, ...rest }: Parameters): CarListQuery {
  // Does not compile if the schema has another parameter that is not in CarFilter.
  const filter: CarFilter & Record<Exclude<keyof typeof rest, keyof CarFilter>, never> = rest;
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
