/** Answers for what no route takes: 405 with `Allow` where the path exists, else 404 (RFC 9110, section 15.5.6). */

import type { FastifyRequest, RouteOptions } from 'fastify';
import { Problem } from './problem.ts';

interface Path {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** The paths of each server, as its routes were added. */
const PATHS = new WeakMap<object, Map<string, Path>>();

export function collectPaths(server: object, { url, method }: Pick<RouteOptions, 'url' | 'method'>): void {
  const paths = PATHS.get(server) ?? new Map<string, Path>();
  PATHS.set(server, paths);
  const path = paths.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
  paths.set(url, path);
  for (const name of [method].flat()) path.methods.add(name);
}

/** `/cars/:id` takes any one segment for `:id`. */
function patternOf(url: string): RegExp {
  const segments = url
    .split('/')
    .map((segment) => (segment.startsWith(':') ? '[^/]+' : RegExp.escape(segment)));
  return new RegExp(`^${segments.join('/')}$`);
}

/** The methods of a request's path, as a list for a header field; undefined where no route has it. */
export function methodsAt(server: object, request: FastifyRequest): string | undefined {
  const target = request.url.replace(/[?#].*$/s, '');
  const path = PATHS.get(server)
    ?.values()
    .find(({ pattern }) => pattern.test(target));
  return path && [...path.methods].sort().join(', ');
}

/** Throws the {@link Problem} that fits a request without a route. */
export function answerMissing(server: object, request: FastifyRequest): never {
  const allow = methodsAt(server, request);
  if (allow === undefined) throw new Problem('not-found', 'No route has this path.');
  throw new Problem('method-not-allowed', `This path knows ${allow}.`, { headers: { allow } });
}
