/** Which methods each path has: the answer to OPTIONS, and the 404 or 405 for a request that no route takes (RFC 9110). */

import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { acceptedTypesHeader } from './media-types.ts';
import { Problem } from './problem.ts';
import { pathOf, WHOLE_SERVICE } from './request-checks.ts';

interface Path {
  readonly pattern: RegExp;
  /** OPTIONS, and the methods of its routes. */
  readonly methods: Set<string>;
  /** Header fields that list the media types which its routes accept. */
  readonly accepted: Record<string, string>;
}

export interface AllowedMethods {
  /** Notes a route that was added to the server. */
  add(route: Pick<RouteOptions, 'url' | 'method' | 'schema'>): void;
  /** The methods of a request's path, as a header field lists them; undefined if no route has the path. */
  of(request: FastifyRequest): string | undefined;
  /** Whether the path, such as `/cars/counts`, has routes of its own besides that of `/cars/:id` which took the request. */
  isOfAnotherPath(request: FastifyRequest): boolean;
  /** Answers a request that no route takes: OPTIONS with 204. Throws 405 if the path exists, else 404. */
  answerUnrouted(request: FastifyRequest, reply: FastifyReply): void;
}

export function collectAllowedMethods(): AllowedMethods {
  const whole: Path = { pattern: patternOf(WHOLE_SERVICE), methods: new Set(['OPTIONS']), accepted: {} };
  const paths = new Map([[WHOLE_SERVICE, whole]]);

  function find(request: FastifyRequest) {
    const target = routedPath(request);
    const path = paths.get(target) ?? paths.values().find(({ pattern }) => pattern.test(target));
    return path && { allow: [...path.methods].sort().join(', '), accepted: path.accepted };
  }

  return {
    add({ url, method, schema }) {
      const path = paths.get(url) ?? { pattern: patternOf(url), methods: new Set(['OPTIONS']), accepted: {} };
      paths.set(url, path);
      for (const name of [method].flat()) {
        path.methods.add(name);
        whole.methods.add(name);
        if (name === 'POST' || name === 'PATCH')
          Object.assign(path.accepted, acceptedTypesHeader(name, schema));
      }
    },
    of: (request) => find(request)?.allow,
    isOfAnotherPath(request) {
      return request.routeOptions.url?.includes(':') === true && paths.has(routedPath(request));
    },
    answerUnrouted(request, reply) {
      const path = find(request);
      if (path === undefined) throw new Problem('not-found', 'No resource has this path.');
      const { allow, accepted } = path;
      if (request.method === 'OPTIONS')
        return void reply
          .code(204)
          .headers({ allow, ...accepted })
          .send();
      throw new Problem('method-not-allowed', `This path supports ${allow}.`, { headers: { allow } });
    },
  };
}

/** The path as the router compares it: `/%63ars` is `/cars`, but an encoded slash is no slash. */
function routedPath({ url }: FastifyRequest): string {
  return decodeURI(pathOf(url));
}

/** `/cars/:id` matches any one segment for `:id`, but no empty one. */
function patternOf(url: string): RegExp {
  const segments = url
    .split('/')
    .map((segment) => (segment.startsWith(':') ? '[^/]+' : RegExp.escape(segment)));
  return new RegExp(`^${segments.join('/')}$`);
}
