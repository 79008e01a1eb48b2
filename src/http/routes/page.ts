/** `/`: a page for browsers, and links for other clients. `npm run page` builds the page from `page/` into `dist/page`. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type Static, Type } from 'typebox';
import { packageRoot, version } from '../../package.ts';
import { preferredType } from '../contract/accept.ts';
import { Problem } from '../contract/problem.ts';
import { problems } from '../contract/problem-responses.ts';
import {
  addVary,
  createRepresentation,
  type Representation,
  sendRepresentation,
} from '../contract/representation.ts';
import { empty, HEADERS, json } from '../contract/response-schemas.ts';
import { named, Revalidation } from '../contract/schemas.ts';
import type { ServiceLinks } from '../contract/service-schemas.ts';
import type { Server } from '../server.ts';

/** Allows what this service serves only. No script may write HTML from a text. */
const PAGE_POLICY = [
  "default-src 'none'",
  ...['script-src', 'style-src', 'img-src', 'connect-src'].map((directive) => `${directive} 'self'`),
  ...['base-uri', 'form-action', 'frame-ancestors', 'trusted-types'].map(
    (directive) => `${directive} 'none'`,
  ),
  "require-trusted-types-for 'script'",
].join('; ');

const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The name of each file contains a hash of its content. */
const ASSET_CACHING = 'public, max-age=31536000, immutable';

const LINKS: Static<typeof ServiceLinks> = {
  service: 'cars-api',
  version,
  links: {
    cars: '/cars',
    documentation: '/docs',
    openapi: '/openapi.json',
    liveness: '/healthz',
    readiness: '/readyz',
  },
};

const hidden = { hide: true };

export function addPageRoutes(server: Server): void {
  const folder = join(packageRoot, 'dist/page');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const representations = new Map<string, Representation>();
  const links = createRepresentation(JSON.stringify(LINKS));

  const schema = {
    operationId: 'getIndex',
    summary: 'List the paths of the service',
    description:
      'A client whose `Accept` prefers `text/html`, such as a browser, gets a page to work with the cars.',
    tags: ['Cars'],
    headers: Revalidation,
    response: {
      200: json(named('ServiceLinks'), { description: 'The paths.', headers: HEADERS.document }),
      304: empty({ description: 'If-None-Match lists the current document.', headers: HEADERS.document }),
    },
    ...problems('not-acceptable'),
  };
  server.get('/', { schema }, async (request, reply) => {
    // Clients that accept both get the links, like clients that accept anything.
    const others = names.length > 0 ? ['text/html'] : [];
    const isPage = preferredType(request.headers.accept, ['application/json', ...others]) === 'text/html';
    addVary(reply, 'Accept');
    reply.header('content-type', isPage ? HTML : JSON_TYPE);
    if (isPage) reply.header('content-security-policy', PAGE_POLICY);
    return sendRepresentation(request, reply, isPage ? read('index.html') : links);
  });

  server.get(
    '/page/:file',
    { schema: { ...hidden, params: Type.Object({ file: Type.String() }), headers: Revalidation } },
    async (request, reply) => {
      const { file } = request.params;
      const type = TYPES[extname(file)];
      if (type === undefined || !names.includes(file))
        throw new Problem('not-found', 'The page has no file of this name.');
      reply.headers({ 'content-type': type, 'cache-control': ASSET_CACHING });
      return sendRepresentation(request, reply, read(file));
    },
  );

  /** Reads each file once, when it is first requested. All responses share its bytes. */
  function read(name: string): Representation {
    const representation =
      representations.get(name) ?? createRepresentation(readFileSync(join(folder, name)));
    representations.set(name, representation);
    return representation;
  }
}
