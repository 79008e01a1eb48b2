/** `/`: who gets the page and who gets links, and how the files of the page are cached. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package.ts';
import type { Answer } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { getUndecoded } from './get-undecoded.ts';
import { sendRawAnswered } from './raw-request.ts';
import { useApp } from './start-app.ts';

const app = useApp();

/** What Chromium, Firefox and Safari send when somebody opens a page. */
const BROWSERS = [
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
  'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
];

const open = (accept: string) => app().get('/', { accept });

function assetsOf(answer: Answer): string[] {
  return [...answer.body.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map(([, path = '']) => path);
}

describe('GET /', () => {
  it.each([...BROWSERS, 'text/html', 'text/*', 'TEXT/HTML;Q=0.9, application/json;q=0.8'])(
    'returns the page to a client that prefers HTML: %s',
    async (accept) => {
      const { status, headers, body } = await open(accept);
      expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(body).toMatch(/^<!doctype html>/);
      expect(headers.get('vary')).toBe('Accept, Accept-Encoding');
      expect(headers.get('cache-control')).toBe('no-cache');
    },
  );

  it.each([
    '*/*',
    'application/json',
    'application/*',
    'application/json, text/html',
    'text/html;q=0.8, application/json;q=0.9',
    'text/html;q=0, */*',
    'application/problem+json',
  ])('returns links to a client that does not: %s', async (accept) => {
    const { status, headers, body } = await open(accept);
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(headers.get('vary')).toBe('Accept, Accept-Encoding');
    const { service, links } = JSON.parse(body);
    expect(service).toBe('cars-api');
    for (const path of Object.values<string>(links)) {
      expect([path, (await app().get(path)).status]).toEqual([path, 200]);
    }
  });

  it('returns links to a client without Accept', async () => {
    const { headers } = await sendRawAnswered(app(), 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  it('rejects a client that accepts neither', async () => {
    await expectProblem(await open('image/png'), 'not-acceptable');
    await expectProblem(await open('text/html;q=0, application/json;q=0'), 'not-acceptable');
  });

  it('rejects parameters, because the state of the page is in the fragment of its URL', async () => {
    const answer = await app().get('/?q=golf', { accept: 'text/html' });
    await expectProblem(answer, 'invalid-parameter', [{ parameter: 'q' }]);
  });

  it('lets the page load from this service only, and write no text as HTML', async () => {
    const { headers } = await open('text/html');
    const policy = headers.get('content-security-policy') ?? '';
    const directives = new Map(
      policy
        .split('; ')
        .map((directive) => directive.split(' ') as [string, ...string[]])
        .map(([name, ...sources]) => [name, sources.join(' ')]),
    );
    expect(Object.fromEntries(directives)).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': "'self'",
      'connect-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
      'trusted-types': "'none'",
      'require-trusted-types-for': "'script'",
    });
  });

  it.each(['text/html', 'application/json'])(
    'returns 304 if the client has the current %s',
    async (accept) => {
      const first = await open(accept);
      const again = await app().get('/', { accept, 'if-none-match': String(first.headers.get('etag')) });
      expect([again.status, again.body]).toEqual([304, '']);
      expect(again.headers.get('vary')).toBe('Accept, Accept-Encoding');
    },
  );

  it('has different entity tags for the page and the links', async () => {
    const tags = await Promise.all(
      ['text/html', '*/*'].map(async (accept) => (await open(accept)).headers.get('etag')),
    );
    expect(new Set(tags).size).toBe(2);
  });

  it.each(['text/html', '*/*'])('answers HEAD like GET: %s', async (accept) => {
    const get = await open(accept);
    const head = await app().head('/', { accept });
    expect([head.status, head.body]).toEqual([200, '']);
    for (const name of ['content-type', 'etag', 'vary', 'content-security-policy', 'content-length'])
      expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
  });

  it('rejects other methods', async () => {
    const answer = await app().post('/', {});
    await expectProblem(answer, 'method-not-allowed');
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
  });
});

describe('a file of the page', () => {
  it('is cached for a year, because its name contains a hash', async () => {
    const assets = assetsOf(await open('text/html'));
    expect(assets.length).toBeGreaterThan(2);
    for (const path of assets) {
      expect(path).toMatch(/^\/page\/[\w-]+-[\w-]{8}\.(?:js|css|svg)$/);
      const { status, headers } = await app().get(path);
      expect([path, status]).toEqual([path, 200]);
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(headers.get('content-type')).toMatch(
        /^(?:text\/(?:javascript|css); charset=utf-8|image\/svg\+xml)$/,
      );
      const again = await app().get(path, { 'if-none-match': String(headers.get('etag')) });
      expect(again.status).toBe(304);
    }
  });

  it.each(['index.html', 'missing.js', '..%2f..%2fpackage.json', 'constructor', 'main.js'])(
    'is no other file: %s',
    async (name) => expectProblem(await app().get(`/page/${name}`), 'not-found'),
  );

  it('is small: without the charts and the import, all files have less than 60 KB compressed; with them, 150 KB', async () => {
    const folder = join(packageRoot, 'dist/page');
    const sizes = await Promise.all(
      readdirSync(folder)
        .filter((name) => name !== 'index.html')
        .map(async (name) => {
          const { headers, body } = await getUndecoded(app(), `/page/${name}`, { 'accept-encoding': 'gzip' });
          return { name, coding: headers['content-encoding'], size: body.length };
        }),
    );
    const sum = (files: typeof sizes) => files.reduce((total, { size }) => total + size, 0);
    expect(sum(sizes)).toBeLessThan(150_000);
    const atOnce = assetsOf(await open('text/html'));
    expect(sum(sizes.filter(({ name }) => atOnce.includes(`/page/${name}`)))).toBeLessThan(60_000);
    expect(sizes.find(({ name }) => name.startsWith('main-'))?.coding).toBe('gzip');
  });
});
