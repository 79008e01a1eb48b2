/** Sees to it that no route is open by oversight, and that the contract says what each one asks of its caller. */

import type { RouteOptions } from 'fastify';
import { problems, withLimits } from '../contract/responses.ts';

/** What anybody may ask: the health of the service and its documents. */
const OPEN_PATHS: readonly string[] = [
  ...['/healthz', '/readyz', '/openapi.json', '/docs', '/docs/problems/:code'],
  ...['/docs/start.js', '/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js'],
];

/** Throws for a route that has no scope and is not on the list, so that a service which forgot one does not start. */
export function secureRoute(route: Pick<RouteOptions, 'url' | 'method' | 'config' | 'schema'>): void {
  const { scope, publicRead } = route.config ?? {};
  if (scope === undefined) {
    if (OPEN_PATHS.includes(route.url)) return;
    throw new Error(`${route.method} ${route.url} has no scope and is not on the list of open paths`);
  }
  route.schema = {
    ...route.schema,
    // The scopes stand as roles; the empty requirement is for a service that lets anyone read.
    security: [{ apiKey: [scope] }, { bearer: [scope] }, ...(publicRead ? [{}] : [])],
    response: {
      ...problems(401, 403, 429, 503),
      ...withLimits(route.schema?.response as object | undefined),
    },
  };
}
