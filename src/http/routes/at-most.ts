/** Limits how many requests of a route are worked on at once. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem, RETRY_AFTER } from '../contract/problem.ts';

/**
 * Returns a hook that lets `max` requests in and answers the others with 503.
 * @param name of the requests, in the plural: in the answer, the log and metrics.
 */
export function atMost(max: number, name: string) {
  let running = 0;
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (running >= max) {
      request.record.shed = name;
      throw new Problem('unavailable', `${max} ${name} are running, which is the maximum.`, {
        headers: RETRY_AFTER,
      });
    }
    running += 1;
    reply.raw.once('close', () => {
      running -= 1;
    });
    done();
  };
}
