/** `GET /cars/{id}/history`: the changes of a car, the newest first, also of one that was deleted. */

import { type Static, Type } from 'typebox';
import type { CarChange } from '../../cars/car-change.ts';
import type { CarStore } from '../../cars/car-store.ts';
import { contextOf } from '../callers/author.ts';
import { DEFAULT_LIMIT, pageLinks } from '../contract/page-links.ts';
import { HEADERS, json, problems } from '../contract/responses.ts';
import { CarHistoryParameters, CarParams, named } from '../contract/schemas.ts';
import { sealCursor, unsealCursor } from '../contract/sealed-cursor.ts';
import { sendSerialised, serialise } from '../contract/send-json.ts';
import type { Server } from '../server.ts';

type Entry = Static<ReturnType<typeof named<'CarChange'>>>;

export function addCarHistoryRoute(server: Server, cars: CarStore): void {
  server.get(
    '/cars/:id/history',
    {
      config: { produces: 'application/json', kind: 'list', scope: 'cars:read' },
      schema: {
        operationId: 'getCarHistory',
        summary: 'Read the changes of a car',
        description:
          'The newest first, also of a car that was deleted. Empty for a car that was not changed since the audit trail is kept.',
        tags: ['Cars'],
        params: CarParams,
        querystring: CarHistoryParameters,
        response: {
          200: json(Type.Array(named('CarChange')), {
            description: 'A page of changes.',
            headers: HEADERS.history,
          }),
          ...problems(404, 503),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { limit = DEFAULT_LIMIT, cursor } = request.query;
      // Another car's cursor would start in the middle of nowhere.
      const madeFor = ['history', id];
      const page = await cars.history(contextOf(request), {
        carId: id,
        limit,
        ...(cursor !== undefined && { olderThan: unsealCursor(cursor, madeFor, isEntryId) }),
      });
      const last = page.more ? page.changes.at(-1) : undefined;
      const next = last && sealCursor(last.id, madeFor);
      const body = serialise(reply, 200, page.changes.map(toEntry));
      return sendSerialised(reply, 200, body, [
        'link',
        pageLinks(`/cars/${id}/history`, request.query, next),
      ]);
    },
  );
}

function isEntryId(position: unknown): position is number {
  return Number.isSafeInteger(position);
}

function toEntry({ kind, version, author, time, before, after }: CarChange): Entry {
  const { caller, requestId } = author;
  return { change: kind, version, caller, requestId, time: time.toISOString(), before, after };
}
