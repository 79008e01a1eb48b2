/** Applies the rate limits to requests: the 429, and the header fields that show what is left. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { createRateLimiter, type RateLimiter, WINDOW } from '../../callers/rate-limits.ts';
import type { LimitsConfig } from '../../config/limits.ts';
import { Problem } from '../contract/problem.ts';

/**
 * Requests count as reads or writes, and the rows of a batch as rows. Rejected credentials count as failures, by
 * address.
 */
export type Policy = 'reads' | 'writes' | 'rows' | 'failures';

/** What a request took, and from which budget. */
export interface Charge {
  readonly policy: Policy;
  readonly limiter: RateLimiter;
  /** Limits how many of its requests cost nothing. */
  readonly free: RateLimiter;
  readonly who: string;
  readonly tokens: number;
}

/** Free responses for each request that is paid for. A 304 costs us a read of the database. */
const FREE = 10;

/** What is left of each limit that applies. */
export type Budgets = Partial<Record<Exclude<Policy, 'failures'>, Budget>>;

export interface Budget {
  readonly perMinute: number;
  readonly remaining: number;
  readonly secondsUntilFull: number;
}

export interface RateLimits {
  readonly charge: ChargeRequest;
  budgetsOf(who: string): Budgets;
}

/** Charges a request. Throws a {@link Problem} `too-many-requests` if nothing is left. */
export type ChargeRequest = (request: FastifyRequest, policy: Policy, who: string, tokens?: number) => void;

export function createRateLimits({ reads, writes, rows }: LimitsConfig): RateLimits {
  const limits = { reads, writes, rows, failures: Math.min(reads || writes, writes || reads) };
  const limiters = Object.fromEntries(
    Object.entries(limits)
      .filter(([, limit]) => limit > 0)
      .map(([policy, limit]) => [
        policy,
        { limiter: createRateLimiter(limit), free: createRateLimiter(limit * FREE) },
      ]),
  );
  return {
    charge(request, policy, who, tokens = 1) {
      const limits = limiters[policy];
      if (limits === undefined) return;
      const { limiter } = limits;
      const isLeft = limiter.take(who, tokens);
      request[policy === 'rows' ? 'rowCharge' : 'charge'] = { ...limits, policy, who, tokens };
      if (isLeft) return;
      request.record.limited = policy;
      const seconds = limiter.untilLeft(who, tokens);
      throw new Problem('too-many-requests', `The limit is ${limiter.perMinute} ${policy} a minute.`, {
        headers: { 'retry-after': String(seconds) },
      });
    },

    budgetsOf(who) {
      const named = (['reads', 'writes', 'rows'] as const).map(
        (policy) => [policy, limiters[policy]?.limiter] as const,
      );
      return Object.fromEntries(
        named.flatMap(([policy, limiter]) =>
          limiter === undefined ? [] : [[policy, budgetOf(limiter, who)]],
        ),
      );
    },
  };
}

function budgetOf(limiter: RateLimiter, who: string): Budget {
  const { remaining, untilFull } = limiter.stateOf(who);
  return { perMinute: limiter.perMinute, remaining, secondsUntilFull: untilFull };
}

/** Returns what a request was charged. */
export function refund(request: FastifyRequest): void {
  request.charge?.limiter.giveBack(request.charge.who);
  request.charge = undefined;
}

/** Returns what the rows of a batch were charged. The header fields show it. */
export function refundRows({ rowCharge }: FastifyRequest): void {
  rowCharge?.limiter.giveBack(rowCharge.who, rowCharge.tokens);
}

/**
 * Adds the header fields of draft-ietf-httpapi-ratelimit-headers-10; none if nothing is limited. `r` requests or rows are
 * left for the next `t` seconds, after which the whole budget is available. If none is left, or too few, the request is
 * possible in `t` seconds. A full budget has no `t`. A 304 is refunded, up to {@link FREE} times the limit, unless `*` asks
 * for it: then the client need not have anything.
 */
export function addLimitHeaders(request: FastifyRequest, reply: FastifyReply): void {
  const { charge, rowCharge } = request;
  if (charge === undefined && rowCharge === undefined) return;
  const mayBeFree = reply.statusCode === 304 && request.headers['if-none-match'] !== '*';
  if (mayBeFree && charge?.free.take(charge.who)) charge.limiter.giveBack(charge.who);
  const charges = [charge, rowCharge].filter((each) => each !== undefined);
  const policies = charges.map(({ policy, limiter }) => `"${policy}";q=${limiter.perMinute};w=${WINDOW}`);
  reply.header('ratelimit-policy', policies.join(', '));
  reply.header('ratelimit', charges.map((each) => describeLeft(each, request, reply)).join(', '));
}

function describeLeft(charge: Charge, { record }: FastifyRequest, reply: FastifyReply): string {
  const { policy, limiter, who, tokens } = charge;
  const { remaining, untilNext, untilFull } = limiter.stateOf(who);
  const isExceeded = record.limited === policy;
  const seconds = isExceeded ? limiter.untilLeft(who, tokens) : remaining === 0 ? untilNext : untilFull;
  // `t` must not be later than Retry-After (section 6), so it is omitted if Retry-After has another reason than this limit.
  const hasTime = seconds > 0 && (isExceeded || !reply.hasHeader('retry-after'));
  return `"${policy}";r=${remaining}${hasTime ? `;t=${seconds}` : ''}`;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Absent if nothing is limited. */
    charge?: Charge | undefined;
    /** For the rows of a batch. */
    rowCharge?: Charge | undefined;
    /** Charges the rows of a batch. Throws a {@link Problem} `too-many-requests` if too few are left. */
    chargeRows?: ((rows: number) => void) | undefined;
  }
}
