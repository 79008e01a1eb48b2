/** Every route of a running service, hidden ones too, as the router itself knows them. */

import type { App } from '../../src/app.ts';

export interface Route {
  readonly method: string;
  readonly path: string;
}

/** Reads the tree that the router prints: a branch is indented by four characters for each one above it. */
export function routesOf({ server }: App): Route[] {
  const above: string[] = [];
  return server
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent, part, methods] = /^([│ ├└─]*)(\S+) \(([A-Z, ]+)\)$/.exec(line) ?? [];
      if (indent === undefined || part === undefined || methods === undefined) return [];
      const depth = indent.length / 4 - 1;
      above.splice(depth, above.length, part);
      const path = above.join('');
      return methods.split(', ').map((method) => ({ method, path }));
    });
}
