/** Access control of every route that has a scope: authentication, the rate limit, then the scope. */

import type { FastifyRequest } from 'fastify';
import { ANONYMOUS_READER, type Caller, EVERYBODY, type Scope } from '../../callers/caller.ts';
import type { LimitsConfig } from '../../config/limits.ts';
import { Problem } from '../contract/problem.ts';
import type { Server } from '../server.ts';
import { digestOf, rememberAccepted } from './accepted-credentials.ts';
import { type Authenticate, CHALLENGE } from './authentication.ts';
import { addressOf, createClientOf } from './client-address.ts';
import { type Budgets, createRateLimits, refund } from './rate-limit-headers.ts';

const HEALTH_CHECKS = ['/healthz', '/readyz'];

export interface AccessOptions {
  /** Absent if authentication is off. */
  readonly authenticate: Authenticate | undefined;
  /** Whether routes with `publicRead` are open to requests without a credential. */
  readonly publicRead: boolean;
  readonly limits: LimitsConfig;
}

/**
 * Decides before a request's body is read. Must be added before the routes. Without authentication and limits it adds no
 * hook, so requests do not pay for one.
 * @returns what is left of the rate limits of a request's client.
 */
export function addAccessControl(
  server: Server,
  { authenticate, publicRead, limits }: AccessOptions,
): (request: FastifyRequest) => Budgets {
  const isUnlimited = limits.reads === 0 && limits.writes === 0 && limits.rows === 0;
  if (authenticate === undefined && isUnlimited) return () => ({});
  const { charge, budgetsOf } = createRateLimits(limits);
  const clientOf = createClientOf(limits.proxies);

  const accepted = rememberAccepted<true>();
  const isLimited = limits.reads > 0 || limits.writes > 0;

  async function identify(request: FastifyRequest): Promise<Caller> {
    if (authenticate === undefined) return EVERYBODY;
    const digest = isLimited ? digestOf(request.raw) : undefined;
    const isKnown = digest === undefined || accepted.has(digest);
    // Charged before the credential is checked. Otherwise all that arrive together would be checked, and none of them paid for.
    if (!isKnown) charge(request, 'failures', addressOf(request, limits.proxies));
    try {
      const found = await authenticate(request.raw);
      const isOpen = publicRead && request.routeOptions.config.publicRead === true;
      const caller = found ?? (isOpen ? ANONYMOUS_READER : undefined);
      if (caller === undefined) throw missingCredential();
      if (digest !== undefined) accepted.add(digest, true);
      if (!isKnown) refund(request);
      return caller;
    } catch (error) {
      const isRejected = error instanceof Problem && error.code === 'unauthenticated';
      if (isRejected && digest !== undefined) accepted.delete(digest);
      if (isRejected && isKnown) charge(request, 'failures', addressOf(request, limits.proxies));
      if (!isRejected && !isKnown) refund(request);
      throw error;
    }
  }

  /** Charges the request to its client, and checks its scope. */
  function admit(request: FastifyRequest, caller: Caller): void {
    const { scope, kind } = request.routeOptions.config;
    request.caller = caller;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    charge(request, isRead ? 'reads' : 'writes', clientOf(request));
    if (kind === 'batch') request.chargeRows = (rows) => charge(request, 'rows', clientOf(request), rows);
    if (scope !== undefined && scope !== 'any' && !caller.scopes.includes(scope)) throw missingScope(scope);
  }

  server.decorateRequest('caller', undefined);
  server.decorateRequest('charge', undefined);
  server.decorateRequest('rowCharge', undefined);
  server.decorateRequest('chargeRows', undefined);
  server.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.scope === undefined) {
      // No open path has a query, so this is a 400 with a list of faults. Health checks are never refused.
      const isFaulty = request.url.includes('?') && !HEALTH_CHECKS.includes(request.routeOptions.url ?? '');
      if (isFaulty) charge(request, 'failures', addressOf(request, limits.proxies));
      return;
    }
    const caller = await identify(request);
    request.record.authenticated = performance.now() - request.record.begun;
    admit(request, caller);
  });
  return (request) => budgetsOf(clientOf(request));
}

function missingCredential(): Problem {
  return new Problem('unauthenticated', 'The request has no credential.', {
    headers: { 'www-authenticate': CHALLENGE },
  });
}

function missingScope(scope: Scope): Problem {
  return new Problem('forbidden', `The credential lacks the scope ${scope}.`, {
    headers: { 'www-authenticate': `${CHALLENGE}, error="insufficient_scope", scope="${scope}"` },
  });
}
