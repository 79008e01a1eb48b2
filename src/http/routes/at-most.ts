/** Limits how many requests of a route are worked on at once. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClientOf } from '../callers/client-address.ts';
import { Problem, RETRY_AFTER } from '../contract/problem.ts';

/** The places that a request holds: while its response is open, and while its handler runs. */
const HOLDS = Symbol('holds');

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/**
 * Limits a route to `max` requests, and each client to half of them. The others get 503.
 * @param name of the requests, in the plural: in the answer, the log and metrics.
 */
export function atMost(max: number, name: string, clientOf: ClientOf) {
  const maxOfClient = Math.ceil(max / 2);
  /** How many requests of each client run. */
  const running = new Map<string, number>();
  let total = 0;

  function change(client: string, difference: 1 | -1): void {
    const count = (running.get(client) ?? 0) + difference;
    if (count === 0) running.delete(client);
    else running.set(client, count);
    total += difference;
  }

  function hold(request: FastifyRequest): () => void {
    const client = clientOf(request);
    const holds = request[HOLDS] ?? 0;
    request[HOLDS] = holds + 1;
    if (holds === 0) change(client, 1);
    return () => {
      const left = (request[HOLDS] ?? 1) - 1;
      request[HOLDS] = left;
      if (left === 0) change(client, -1);
    };
  }

  function reject(request: FastifyRequest, detail: string): never {
    request.record.shed = name;
    throw new Problem('unavailable', detail, { headers: RETRY_AFTER });
  }

  return {
    onRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
      if (total >= max) reject(request, `${max} ${name} are running, which is the maximum.`);
      if ((running.get(clientOf(request)) ?? 0) >= maxOfClient)
        reject(request, `${maxOfClient} ${name} of this client are running, which is the maximum.`);
      // If the client hung up while its credential was checked, nothing would free the place.
      if (!reply.raw.destroyed) reply.raw.once('close', hold(request));
      done();
    },

    /** Keeps the place of a request whose client hung up until its work is done. */
    untilDone(handler: Handler): Handler {
      return async (request, reply) => {
        const release = hold(request);
        try {
          return await handler(request, reply);
        } finally {
          release();
        }
      };
    },
  };
}

declare module 'fastify' {
  interface FastifyRequest {
    [HOLDS]?: number;
  }
}
