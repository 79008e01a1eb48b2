/** Requires every route to declare a scope or be explicitly public, and documents it in the OpenAPI document. */

import type { RouteOptions } from 'fastify';
import { problems, withLimits } from '../contract/response-schemas.ts';

/** Routes that need no credential: health and documentation. */
const OPEN_PATHS: readonly string[] = [
  ...['/healthz', '/readyz', '/openapi.json', '/docs', '/docs/problems/:code'],
  ...['/docs/start.js', '/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js'],
];

/** Throws for a route without a scope that is not on the list, so that a service which forgot one fails to start. */
export function requireScope(route: Pick<RouteOptions, 'url' | 'method' | 'config' | 'schema'>): void {
  const { scope, publicRead } = route.config ?? {};
  if (scope === undefined) {
    if (OPEN_PATHS.includes(route.url)) return;
    throw new Error(`${route.method} ${route.url} has no scope and is not on the list of open paths`);
  }
  route.schema = {
    ...route.schema,
    // Scopes are listed as roles. The empty requirement stands for a service with public reads.
    security: [{ apiKey: [scope] }, { bearer: [scope] }, ...(publicRead ? [{}] : [])],
    response: {
      ...problems(401, 403, 429, 503),
      ...withLimits(route.schema?.response as object | undefined),
    },
  };
}
