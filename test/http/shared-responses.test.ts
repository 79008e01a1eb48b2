/** Responses that clients share: compressed if a client accepts it, and revalidated by a weak ETag. */

import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { preferredCoding } from '../../src/http/contract/representation.ts';
import { getUndecoded } from './get-undecoded.ts';
import { useApp } from './start-app.ts';

const app = useApp();

beforeAll(async () => {
  for (let number = 0; number < 200; number += 1)
    await app().post('/cars', { brand: 'Volkswagen', model: `Golf ${number}`, year: 1900 + number });
  for (let year = 2000; year < 2020; year += 1) await app().patch('/cars/1', { year });
});

const LIST = '/cars?limit=200';

const COMPRESSED = [
  LIST,
  '/cars/counts?by=model',
  '/openapi.json',
  '/docs/swagger-ui.css',
  '/docs/swagger-ui-bundle.js',
];

describe.each(COMPRESSED)('%s', (path) => {
  it.each([
    ['br', 'gzip, deflate, br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br', '*', brotliDecompressSync],
    ['gzip', 'br;q=0, *;q=0.1', gunzipSync],
  ])(
    'is compressed with %s if the client sends Accept-Encoding: %s',
    async (coding, accepted, decompress) => {
      const plain = await getUndecoded(app(), path, {});
      const answer = await getUndecoded(app(), path, { 'accept-encoding': accepted });
      expect(answer.headers).toMatchObject({ 'content-encoding': coding, vary: 'Accept-Encoding' });
      expect(answer.headers['content-length']).toBe(String(answer.body.length));
      expect(answer.body.length).toBeLessThan(plain.body.length / 3);
      expect(decompress(answer.body).equals(plain.body)).toBe(true);
      expect([plain.headers['content-encoding'], plain.headers.vary]).toEqual([undefined, 'Accept-Encoding']);
      expect(answer.headers.etag).toBe(plain.headers.etag);
    },
  );
});

describe.each([...COMPRESSED, '/docs/start.js', '/cars/1/history', '/cars?year=1886'])('%s', (path) => {
  it('has a weak ETag, and answers 304 to a client that has it', async () => {
    const { status, headers } = await app().get(path);
    const etag = headers.get('etag') ?? '';
    expect([status, etag]).toEqual([200, expect.stringMatching(/^W\/"[\w-]{22}"$/)]);
    for (const tags of [etag, etag.replace('W/', ''), `"x", ${etag}`, '*']) {
      const answer = await app().get(path, { 'if-none-match': tags });
      expect([answer.status, answer.body, answer.headers.get('etag')]).toEqual([304, '', etag]);
      expect(answer.headers.get('cache-control')).toBe(headers.get('cache-control'));
    }
    expect((await app().head(path, { 'if-none-match': etag })).status).toBe(304);
    for (const tags of ['"x"', 'W/"x", "y"'])
      expect((await app().get(path, { 'if-none-match': tags })).status).toBe(200);
  });
});

it('a list that changed has another ETag', async () => {
  const etag = (await app().get(LIST)).headers.get('etag') ?? '';
  await app().patch('/cars/2', { year: 2020 });
  const answer = await app().get(LIST, { 'if-none-match': etag });
  expect([answer.status, answer.headers.get('etag') === etag]).toEqual([200, false]);
});

it('a 304 of a list has its links and its count', async () => {
  const path = '/cars?limit=10&count=exact';
  const etag = (await app().get(path)).headers.get('etag') ?? '';
  const answer = await app().get(path, { 'if-none-match': etag });
  expect([answer.status, answer.headers.get('x-total-count')]).toEqual([304, '200']);
  expect(answer.headers.get('link')).toContain('rel="next"');
});

it.each(['/cars/1', '/cars/1/history', '/cars?limit=5', '/docs', '/healthz', '/cars/999', '/docs/start.js'])(
  '%s is never compressed: it is short, or names other clients',
  async (path) => {
    const { headers } = await getUndecoded(app(), path, { 'accept-encoding': 'br, gzip' });
    expect(headers['content-encoding']).toBeUndefined();
  },
);

it.each([
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['deflate', undefined],
  ['gzip;q=0', undefined],
  ['GZIP', 'gzip'],
  ['gzip;q=1.0, br;q=0.5', 'gzip'],
  ['gzip ; q=0.5 , br ; q=0.8', 'br'],
  ['*;q=0', undefined],
  ['*;q=0, gzip', 'gzip'],
  ['gzip;q=x', undefined],
  [',,;;', undefined],
])('Accept-Encoding: %s selects %s', (field, coding) => {
  expect(preferredCoding(field)).toBe(coding);
});
