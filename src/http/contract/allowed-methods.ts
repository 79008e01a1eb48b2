/** Which methods each path has, and the 404 or 405 for a request that no route takes (RFC 9110, section 15.5.6). */

import type { FastifyRequest, RouteOptions } from 'fastify';
import { Problem } from './problem.ts';
import { pathOf } from './request-checks.ts';

interface Path {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

export interface AllowedMethods {
  /** Notes a route that was added to the server. */
  add(route: Pick<RouteOptions, 'url' | 'method'>): void;
  /** The methods of a request's path, as a header field lists them; undefined if no route has the path. */
  of(request: FastifyRequest): string | undefined;
}

export function collectAllowedMethods(): AllowedMethods {
  const paths = new Map<string, Path>();
  return {
    add({ url, method }) {
      const path = paths.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
      paths.set(url, path);
      for (const name of [method].flat()) path.methods.add(name);
    },
    of(request) {
      const target = pathOf(request.url);
      const path = paths.values().find(({ pattern }) => pattern.test(target));
      return path && [...path.methods].sort().join(', ');
    },
  };
}

/** `/cars/:id` matches any one segment for `:id`. */
function patternOf(url: string): RegExp {
  const segments = url
    .split('/')
    .map((segment) => (segment.startsWith(':') ? '[^/]+' : RegExp.escape(segment)));
  return new RegExp(`^${segments.join('/')}$`);
}

/** Throws 405 with `Allow` if the path exists, else 404. */
export function rejectUnrouted(request: FastifyRequest, methods: AllowedMethods): never {
  const allow = methods.of(request);
  if (allow === undefined) throw new Problem('not-found', 'No resource has this path.');
  throw new Problem('method-not-allowed', `This path supports ${allow}.`, { headers: { allow } });
}
