/** Limits on what one caller may ask in a minute, and the header fields that tell how much is left. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { createRateLimiter, type RateLimiter, WINDOW } from '../../callers/rate-limiter.ts';
import type { LimitsConfig } from '../../config/limits.ts';
import { Problem } from '../contract/problem.ts';

/** Requests are counted as reads or writes; credentials that are not accepted, by address, as failures. */
export type Policy = 'reads' | 'writes' | 'failures';

/** What a request took from which budget. */
export interface Charge {
  readonly policy: Policy;
  readonly budgets: RateLimiter;
  readonly who: string;
}

/** Charges a request. Throws a {@link Problem} `too-many-requests` when nothing is left. */
export type ChargeRequest = (request: FastifyRequest, policy: Policy, who: string) => void;

export function createRateLimits({ reads, writes }: LimitsConfig): ChargeRequest {
  const limits = { reads, writes, failures: Math.min(reads || writes, writes || reads) };
  const budgets = Object.fromEntries(
    Object.entries(limits)
      .filter(([, limit]) => limit > 0)
      .map(([policy, limit]) => [policy, createRateLimiter(limit)]),
  );
  return (request, policy, who) => {
    const some = budgets[policy];
    if (some === undefined) return;
    const isLeft = some.take(who);
    request.charge = { policy, budgets: some, who };
    if (isLeft) return;
    request.record.limited = policy;
    const seconds = some.stateOf(who).untilNext;
    throw new Problem('too-many-requests', `${some.perMinute} ${policy} a minute are allowed.`, {
      headers: { 'retry-after': String(seconds) },
    });
  };
}

const NO_FIELDS: readonly string[] = [];

/**
 * Names and values in turn, of draft-ietf-httpapi-ratelimit-headers-10; none for a request that is not limited. `r` requests
 * can be made within the next `t` seconds, after which the whole budget is there again; with none left, `t` is when
 * the next one can be made, as `Retry-After` says. A whole budget has no `t`: no time brings more.
 * @param tellsTime whether `t` is told at all
 */
export function limitFields({ charge }: FastifyRequest, tellsTime = true): readonly string[] {
  if (charge === undefined) return NO_FIELDS;
  const { policy, budgets, who } = charge;
  const { remaining, untilNext, untilFull } = budgets.stateOf(who);
  const seconds = remaining === 0 ? untilNext : untilFull;
  return [
    ...['ratelimit-policy', `"${policy}";q=${budgets.perMinute};w=${WINDOW}`],
    ...['ratelimit', `"${policy}";r=${remaining}${tellsTime && seconds > 0 ? `;t=${seconds}` : ''}`],
  ];
}

/** For answers that Fastify sends. A 304 costs nothing: it is how a caller spares us an answer. */
export function settleCharge(request: FastifyRequest, reply: FastifyReply): void {
  if (request.charge === undefined) return;
  if (reply.statusCode === 304) request.charge.budgets.giveBack(request.charge.who);
  // Retry-After should not be earlier than `t` (section 6): where it tells of something else than the budget, it stands alone.
  const tellsTime = reply.statusCode === 429 || !reply.hasHeader('retry-after');
  const fields = limitFields(request, tellsTime);
  for (let index = 0; index < fields.length; index += 2) {
    reply.header(fields[index] ?? '', fields[index + 1]);
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Absent where nothing is limited. */
    charge?: Charge | undefined;
  }
}
