/** The contract as a document, as a page to read and try it, and a page for each type of problem. No asset from elsewhere. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Type } from 'typebox';
import { problemPage, referencePage, START_SCRIPT } from './docs-pages.ts';
import { Problem } from './problem.ts';
import { PROBLEM_TYPES, type ProblemCode } from './problem-types.ts';
import type { Server } from './server.ts';

/** Scripts and styles come from here only; `data:` is for Swagger UI's icons. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const hidden = { hide: true };

export function addDocsRoutes(server: Server): void {
  const bundle = createRequire(import.meta.url);
  const assets = {
    '/docs': { type: 'text/html', content: referencePage() },
    '/docs/start.js': { type: 'text/javascript', content: START_SCRIPT },
    '/docs/swagger-ui.css': { type: 'text/css', content: readAsset('swagger-ui.css') },
    '/docs/swagger-ui-bundle.js': { type: 'text/javascript', content: readAsset('swagger-ui-bundle.js') },
  };
  for (const [path, { type, content }] of Object.entries(assets)) {
    server.get(path, { schema: hidden }, async (_request, reply) =>
      reply
        .headers({ 'content-security-policy': PAGE_POLICY, 'content-type': `${type}; charset=utf-8` })
        .send(content),
    );
  }

  server.get(
    '/docs/problems/:code',
    { schema: { ...hidden, params: Type.Object({ code: Type.String() }) } },
    async (request, reply) => {
      const { code } = request.params;
      if (!Object.hasOwn(PROBLEM_TYPES, code))
        throw new Problem('not-found', 'There is no such type of problem.');
      return reply
        .headers({ 'content-security-policy': PAGE_POLICY, 'content-type': 'text/html; charset=utf-8' })
        .send(problemPage(code as ProblemCode));
    },
  );

  server.get('/openapi.json', { schema: hidden }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(JSON.stringify(server.swagger())),
  );

  function readAsset(file: string): string {
    return readFileSync(bundle.resolve(`swagger-ui-dist/${file}`), 'utf8');
  }
}
