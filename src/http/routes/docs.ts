/** The API's documentation: the OpenAPI document, Swagger UI, and a page for each problem type. No asset comes from another host. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { describeService, type ServedConfig } from '../contract/openapi.ts';
import { Problem } from '../contract/problem.ts';
import { PROBLEM_TYPES, type ProblemCode } from '../contract/problem-texts.ts';
import { createRepresentation, type Representation, sendRepresentation } from '../contract/representation.ts';
import { Revalidation } from '../contract/schemas.ts';
import type { Server } from '../server.ts';
import { problemPage, referencePage, START_SCRIPT } from './docs-pages.ts';

/** Allows scripts and styles of this service only. `data:` is for Swagger UI's icons. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const hidden = { hide: true };

/** Swagger UI's files change only with a release. */
const ASSET_CACHING = 'max-age=3600';

export function addDocsRoutes(server: Server, config: ServedConfig): void {
  server.get('/docs', { schema: hidden }, async (_request, reply) => sendPage(reply, referencePage()));
  addShared('/docs/start.js', { 'content-type': 'text/javascript; charset=utf-8' }, () => START_SCRIPT);

  const packages = createRequire(import.meta.url);
  for (const [file, type] of Object.entries({
    'swagger-ui.css': 'text/css',
    'swagger-ui-bundle.js': 'text/javascript',
  })) {
    const path = packages.resolve(`swagger-ui-dist/${file}`);
    const headers = { 'content-type': `${type}; charset=utf-8`, 'cache-control': ASSET_CACHING };
    addShared(`/docs/${file}`, headers, () => readFileSync(path));
  }

  server.get(
    '/docs/problems/:code',
    { schema: { ...hidden, params: Type.Object({ code: Type.String() }) } },
    async (request, reply) => {
      const { code } = request.params;
      if (!Object.hasOwn(PROBLEM_TYPES, code))
        throw new Problem('not-found', 'No problem type has this name.');
      return sendPage(reply, problemPage(code as ProblemCode));
    },
  );

  addShared('/openapi.json', { 'content-type': 'application/json; charset=utf-8' }, () =>
    JSON.stringify(describeService(server.swagger(), config)),
  );

  /** Adds a route whose content never changes. All responses share its bytes, which are made when they are first requested. */
  function addShared(path: string, headers: Record<string, string>, make: () => string | Buffer): void {
    let representation: Representation | undefined;
    server.get(path, { schema: { ...hidden, headers: Revalidation } }, async (request, reply) => {
      representation ??= createRepresentation(Buffer.from(make()));
      return sendRepresentation(request, reply.headers(headers), representation);
    });
  }
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply
    .headers({ 'content-security-policy': PAGE_POLICY, 'content-type': 'text/html; charset=utf-8' })
    .send(page);
}
