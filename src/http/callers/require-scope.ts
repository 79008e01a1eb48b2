/** Requires every route to declare a scope or be explicitly public, and documents it in the OpenAPI document. */

import type { RouteOptions } from 'fastify';
import type { ProblemCode } from '../contract/problem-texts.ts';

/** Routes that need no credential: health, documentation, and the files of the page. */
const OPEN_PATHS: readonly string[] = [
  ...['/healthz', '/readyz', '/openapi.json', '/docs', '/docs/problems/:code'],
  ...['/', '/page/:file'],
  ...['/docs/start.js', '/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js'],
];

/** The problems of every route that has a scope. */
const PROBLEMS: readonly ProblemCode[] = ['unauthenticated', 'too-many-requests', 'unavailable'];

/** Throws for a route without a scope that is not on the list, so that a service which forgot one fails to start. */
export function requireScope(route: Pick<RouteOptions, 'url' | 'method' | 'config' | 'schema'>): void {
  const { scope, publicRead } = route.config ?? {};
  if (scope === undefined) {
    if (OPEN_PATHS.includes(route.url)) return;
    throw new Error(`${route.method} ${route.url} has no scope and is not on the list of open paths`);
  }
  const needed = scope === 'any' ? 'a credential' : `the scope \`${scope}\``;
  const own = route.schema?.['x-problems'] ?? [];
  route.schema = {
    ...route.schema,
    description: [
      ...(route.schema?.description === undefined ? [] : [route.schema.description]),
      `If authentication is on, this needs ${needed}${publicRead ? ', or none if reads are public' : ''}.`,
    ].join(' '),
    // The empty requirement stands for a service with public reads.
    security: [{ apiKey: [] }, { bearer: [] }, ...(publicRead ? [{}] : [])],
    'x-problems': [...PROBLEMS, ...(scope === 'any' ? [] : (['forbidden'] as const)), ...own],
  };
}
