/** The gate before every route that has a scope: who calls, whether they may, and whether they have asked too much. */

import type { FastifyRequest } from 'fastify';
import { ANONYMOUS_READER, type Caller, EVERYBODY } from '../../callers/caller.ts';
import type { LimitsConfig } from '../../config/limits.ts';
import { Problem } from '../contract/problem.ts';
import type { Server } from '../server.ts';
import type { Authenticate } from './authentication.ts';
import { credentialMissing, scopeMissing } from './challenges.ts';
import { clientAddress } from './client-address.ts';
import { createRateLimits, settleCharge } from './rate-limits.ts';

export interface GateOptions {
  /** Absent where callers are not told apart. */
  readonly authenticate: Authenticate | undefined;
  /** Whether routes with `publicRead` are open to those without a credential. */
  readonly publicRead: boolean;
  readonly limits: LimitsConfig;
}

/**
 * Decides before a request's body is read. Must be added before the routes. Where everybody may do everything and nothing is
 * limited there is no gate, and no request pays for one.
 */
export function addGate(server: Server, { authenticate, publicRead, limits }: GateOptions): void {
  if (authenticate === undefined && limits.reads === 0 && limits.writes === 0) return;
  const charge = createRateLimits(limits);
  // No name has a blank, so no name is taken for an address.
  const addressOf = (request: FastifyRequest) => `address ${clientAddress(request.raw, limits.proxies)}`;

  async function identify(request: FastifyRequest): Promise<Caller> {
    if (authenticate === undefined) return EVERYBODY;
    const isOpen = publicRead && request.routeOptions.config.publicRead === true;
    try {
      const caller = (await authenticate(request.raw)) ?? (isOpen ? ANONYMOUS_READER : undefined);
      if (caller === undefined) throw credentialMissing();
      return caller;
    } catch (error) {
      const isRefused = error instanceof Problem && error.code === 'unauthenticated';
      if (isRefused) charge(request, 'failures', addressOf(request));
      throw error;
    }
  }

  server.decorateRequest('caller', undefined);
  server.decorateRequest('charge', undefined);
  server.addHook('onRequest', async (request) => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return;
    const caller = await identify(request);
    request.caller = caller;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    charge(request, isRead ? 'reads' : 'writes', caller.name || addressOf(request));
    if (!caller.scopes.has(scope)) throw scopeMissing(scope);
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    settleCharge(request, reply);
    done(null, payload);
  });
}
