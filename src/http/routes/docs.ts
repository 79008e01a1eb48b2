/** The API's documentation: the OpenAPI document, Swagger UI, and a page for each problem type. No asset comes from another host. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { describeService, type ServedConfig } from '../contract/openapi.ts';
import { Problem } from '../contract/problem.ts';
import { PROBLEM_TYPES, type ProblemCode } from '../contract/problem-texts.ts';
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
  server.get('/docs/start.js', { schema: hidden }, async (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(START_SCRIPT),
  );

  const packages = createRequire(import.meta.url);
  for (const [file, type] of Object.entries({
    'swagger-ui.css': 'text/css',
    'swagger-ui-bundle.js': 'text/javascript',
  })) {
    const path = packages.resolve(`swagger-ui-dist/${file}`);
    server.get(`/docs/${file}`, { schema: hidden }, async (_request, reply) =>
      // Read on demand, so that the files use no memory while nobody reads the documentation.
      reply
        .headers({ 'content-type': `${type}; charset=utf-8`, 'cache-control': ASSET_CACHING })
        .send(await readFile(path)),
    );
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

  let document: string | undefined;
  server.get('/openapi.json', { schema: hidden }, async (_request, reply) => {
    document ??= JSON.stringify(describeService(server.swagger(), config));
    return reply.type('application/json; charset=utf-8').send(document);
  });
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply
    .headers({ 'content-security-policy': PAGE_POLICY, 'content-type': 'text/html; charset=utf-8' })
    .send(page);
}
