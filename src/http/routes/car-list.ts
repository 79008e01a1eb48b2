/** `GET /cars`: filters, sort, and pages that follow each other by key. */

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
import { contextOf } from '../callers/author.ts';
import { decodeCursor, encodeCursor } from '../contract/cursor.ts';
import { DEFAULT_LIMIT, pageLinks } from '../contract/page-links.ts';
import { HEADERS, json, problems } from '../contract/responses.ts';
import { CarListParameters, named } from '../contract/schemas.ts';
import { sendSerialised, serialise } from '../contract/send-json.ts';
import type { Server } from '../server.ts';

type Parameters = Static<typeof CarListParameters>;

export function addCarListRoute(server: Server, cars: CarStore): void {
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
          ...problems(503),
        },
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
      const { body, next } = render(page, listQuery, reply);
      const count = total === undefined ? [] : ['x-total-count', String(total)];
      return sendSerialised(reply, 200, body, ['link', pageLinks('/cars', query, next), ...count]);
    },
  );
}

interface Rendered {
  readonly body: string;
  /** The cursor of the next page, where there is one. */
  readonly next: string | undefined;
}

/** Callers who asked the same together got the same page, which is written out once for all of them. */
const RENDERED = new WeakMap<CarPage, Rendered>();

function render(page: CarPage, { filter, sort }: CarListQuery, reply: FastifyReply): Rendered {
  const known = RENDERED.get(page);
  if (known !== undefined) return known;
  const last = page.more ? page.cars.at(-1) : undefined;
  const rendered = {
    body: serialise(reply, 200, page.cars),
    next: last && encodeCursor(positionOf(last, sort), sort, filter),
  };
  RENDERED.set(page, rendered);
  return rendered;
}

function toListQuery({
  brand,
  model,
  year,
  yearMin,
  yearMax,
  sort,
  limit,
  cursor,
}: Parameters): CarListQuery {
  const filter: CarFilter = {
    ...(brand !== undefined && { brand }),
    ...(model !== undefined && { model }),
    ...(year !== undefined && { year }),
    ...(yearMin !== undefined && { yearMin }),
    ...(yearMax !== undefined && { yearMax }),
  };
  const terms = completeSort(parseSort(sort ?? 'id'));
  return {
    filter,
    sort: terms,
    limit: limit ?? DEFAULT_LIMIT,
    ...(cursor !== undefined && { after: decodeCursor(cursor, terms, filter) }),
  };
}

/** The schema's pattern has let only the names of fields through. */
function parseSort(sort: string): SortTerm[] {
  return sort.split(',').map((term) => ({
    field: term.replace('-', '') as SortField,
    descending: term.startsWith('-'),
  }));
}
