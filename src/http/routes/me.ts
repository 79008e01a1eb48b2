/** `GET /me`: who the client is and what it may do, so that it offers only what is allowed. */

import type { FastifyRequest } from 'fastify';
import { SCOPES } from '../../callers/caller.ts';
import { callerOf } from '../callers/caller.ts';
import type { Budgets } from '../callers/rate-limit-headers.ts';
import { problems } from '../contract/problem-responses.ts';
import { json } from '../contract/response-schemas.ts';
import { named } from '../contract/schemas.ts';
import type { Server } from '../server.ts';

/** @param budgetsOf what is left of the client's rate limits. */
export function addMeRoute(server: Server, budgetsOf: (request: FastifyRequest) => Budgets): void {
  server.get(
    '/me',
    {
      config: { produces: 'application/json', scope: 'any', publicRead: true },
      schema: {
        operationId: 'getMe',
        summary: 'Show what you may do',
        description: 'Shows your name, your scopes, and what is left of your rate limits.',
        tags: ['Cars'],
        response: { 200: json(named('Me'), { description: 'Who you are and what you may do.' }) },
        ...problems('not-acceptable'),
      },
    },
    async (request, reply) => {
      const { name, scopes } = callerOf(request);
      // It differs between clients, and with each request.
      reply.header('cache-control', 'no-store');
      return {
        name: name === '' ? null : name,
        scopes: SCOPES.filter((scope) => scopes.includes(scope)),
        limits: budgetsOf(request),
      };
    },
  );
}
