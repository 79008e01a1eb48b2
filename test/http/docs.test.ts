/** The pages under /docs: what they are made of, and that nothing in them comes from another host. */

import { describe, expect, it } from 'vitest';
import { PROBLEM_TYPES } from '../../src/http/contract/problem-texts.ts';
import type { Answer } from './answer.ts';
import { useApp } from './start-app.ts';

const app = useApp();
const PROBLEM_PAGES = Object.keys(PROBLEM_TYPES).map((code) => `/docs/problems/${code}`);
const PAGES = ['/docs', ...PROBLEM_PAGES];

/** The directives of an answer's Content-Security-Policy. */
function policyOf({ headers }: Answer): Map<string, string[]> {
  const directives = (headers.get('content-security-policy') ?? '')
    .split(';')
    .map((part) => part.trim().split(' '));
  return new Map(directives.map(([name = '', ...sources]) => [name, sources]));
}

/** What the page loads and links to. */
function targetsOf({ body }: Answer): string[] {
  return [...body.matchAll(/\b(?:src|href|action|srcset|data|poster)="([^"]*)"/g)].map(
    ([, target = '']) => target,
  );
}

describe.each(PAGES)('the page %s', (path) => {
  it('is HTML in UTF-8', async () => {
    const answer = await app().get(path);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(answer.body).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(answer.body).toMatch(/<title>[^<]+<\/title>/);
  });

  it('may load scripts, styles and data from this service only, and run no inline script', async () => {
    const policy = policyOf(await app().get(path));
    expect(policy.get('default-src')).toEqual(["'none'"]);
    for (const directive of ['base-uri', 'form-action', 'frame-ancestors']) {
      expect([directive, policy.get(directive)]).toEqual([directive, ["'none'"]]);
    }
    for (const [directive, sources] of policy) {
      const others = sources.filter((source) => !["'none'", "'self'"].includes(source));
      expect([directive, others]).toEqual([directive, directive === 'img-src' ? ['data:'] : []]);
    }
  });

  it('names no other host and has no inline script or style', async () => {
    const answer = await app().get(path);
    expect(answer.body).not.toMatch(/\/\/|https?:/i);
    expect(answer.body).not.toMatch(
      /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|<base|<iframe/i,
    );
  });

  it('links only to existing paths', async () => {
    const targets = targetsOf(await app().get(path)).filter((target) => !target.startsWith('data:,'));
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) {
      expect(target).toMatch(/^\/[^/]/);
      expect([target, (await app().get(target)).status]).toEqual([target, 200]);
    }
  });
});

describe('the page of a problem type', () => {
  it.each(Object.entries(PROBLEM_TYPES))(
    'explains the cause and how to fix it: %s',
    async (code, { status, title }) => {
      const { body } = await app().get(`/docs/problems/${code}`);
      expect(body).toContain(`<h1 class="title">${title}</h1>`);
      expect(body).toContain(`<code>${code}</code>, status ${status}`);
      expect(body).toMatch(/<h2>Cause<\/h2>\n<p>[^<]{20,}<\/p>\n<h2>How to fix it<\/h2>\n<p>[^<]{15,}<\/p>/);
    },
  );
});

describe('an asset of the pages', () => {
  it.each([
    ['/docs/start.js', 'text/javascript; charset=utf-8', 'SwaggerUIBundle('],
    ['/docs/swagger-ui-bundle.js', 'text/javascript; charset=utf-8', 'SwaggerUIBundle'],
    ['/docs/swagger-ui.css', 'text/css; charset=utf-8', '.swagger-ui'],
    ['/openapi.json', 'application/json; charset=utf-8', '"openapi":"3.1.0"'],
  ])('has its media type: %s', async (path, type, content) => {
    const answer = await app().get(path);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
    expect(answer.body).toContain(content);
  });
});
