/** `GET /cars/{id}/history`: every change to a car, newest first, even after it was deleted. */

import { type Static, Type } from 'typebox';
import type { CarChange } from '../../cars/car-change.ts';
import type { CarStore } from '../../cars/car-store.ts';
import { contextOf } from '../callers/caller.ts';
import { sealCursor, unsealCursor } from '../contract/cursor.ts';
import { createPageLinks, DEFAULT_LIMIT } from '../contract/page-links.ts';
import { problems } from '../contract/problem-responses.ts';
import { sendJson } from '../contract/representation.ts';
import { empty, HEADERS, json } from '../contract/response-schemas.ts';
import { CarHistoryParameters, CarParams, named, Revalidation } from '../contract/schemas.ts';
import type { Server } from '../server.ts';

type Entry = Static<ReturnType<typeof named<'CarChange'>>>;

export function addCarHistoryRoute(server: Server, cars: CarStore): void {
  server.get(
    '/cars/:id/history',
    {
      config: { produces: 'application/json', kind: 'list', scope: 'cars:read' },
      schema: {
        operationId: 'getCarHistory',
        summary: "List a car's changes",
        description:
          'Lists every change to a car, newest first, even after it was deleted. Changes made while the audit trail was off are missing, and so are old ones that the operator removed.',
        tags: ['Cars'],
        params: CarParams,
        headers: Revalidation,
        querystring: CarHistoryParameters,
        response: {
          200: json(Type.Array(named('CarChange')), {
            description: 'A page of changes.',
            headers: HEADERS.history,
          }),
          304: empty({ description: 'If-None-Match lists the current page.', headers: HEADERS.unchanged }),
        },
        ...problems('invalid-cursor', 'not-acceptable', 'car-not-found'),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { limit = DEFAULT_LIMIT, cursor } = request.query;
      // A cursor is valid for the history of one car only.
      const madeFor = ['history', id];
      const page = await cars.history(contextOf(request), {
        carId: id,
        limit,
        ...(cursor !== undefined && { olderThan: unsealCursor(cursor, madeFor, isEntryId) }),
      });
      const last = page.more ? page.changes.at(-1) : undefined;
      const next = last && sealCursor(last.id, madeFor);
      reply.header('link', createPageLinks(`/cars/${id}/history`, request.query)(next));
      // The method's types leave out arrays and the text that it returns.
      const entries = page.changes.map(toEntry) as unknown as Record<string, unknown>;
      return sendJson(request, reply, String(reply.serializeInput(entries, '200', 'application/json')));
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
