/** Who is let in with an API key: every route with every kind of credential. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Scope } from '../../src/callers/caller.ts';
import { requireScope } from '../../src/http/callers/require-scope.ts';
import { packageRoot } from '../../src/package.ts';
import { aKey, giveKey } from '../support/give-key.ts';
import type { Answer } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { rawHead, sendRawAnswered } from './raw-request.ts';
import { type Route, routesOf } from './routes-of.ts';
import { type RunningApp, useApp } from './start-app.ts';

const app = useApp(undefined, { AUTH: 'api-key' });
const publicApp = useApp(undefined, { AUTH: 'api-key', PUBLIC_READ: 'true' });

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
const PAST = Math.floor(Date.now() / 1000) - 60;

/** A file of the page. */
const pageFile = () => readdirSync(join(packageRoot, 'dist/page')).find((name) => name.endsWith('.js')) ?? '';

/** What needs no credential; whatever is not here needs one. */
const OPEN = [
  ...['/', '/page/:file', '/healthz', '/readyz', '/openapi.json', '/docs', '/docs/problems/:code'],
  ...['/docs/start.js', '/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js'],
];

/** `any` credential is enough for what names no scope. */
const NEEDS: Readonly<Record<string, Scope | 'any'>> = {
  'GET /cars': 'cars:read',
  'HEAD /cars': 'cars:read',
  'POST /cars': 'cars:write',
  'GET /cars/:id': 'cars:read',
  'HEAD /cars/:id': 'cars:read',
  'GET /cars/:id/history': 'cars:read',
  'HEAD /cars/:id/history': 'cars:read',
  'PUT /cars/:id': 'cars:write',
  'PATCH /cars/:id': 'cars:write',
  'DELETE /cars/:id': 'cars:write',
  'POST /cars/batch': 'cars:write',
  'GET /cars.csv': 'cars:read',
  'HEAD /cars.csv': 'cars:read',
  'GET /cars.ndjson': 'cars:read',
  'HEAD /cars.ndjson': 'cars:read',
  'GET /cars/counts': 'cars:read',
  'HEAD /cars/counts': 'cars:read',
  'GET /me': 'any',
  'HEAD /me': 'any',
  'GET /create-table': 'admin',
  'HEAD /create-table': 'admin',
};

const ROUTES: readonly (Route & { needs: Scope | 'any' })[] = Object.entries(NEEDS).map(([name, needs]) => {
  const [method = '', path = ''] = name.split(' ');
  return { method, path, needs };
});

const keys: Record<string, string> = {};

beforeAll(async () => {
  const { database } = app().app;
  for (const scope of ['cars:read', 'cars:write', 'admin'] as const) {
    keys[scope] = await giveKey(database.keys, { name: scope.replace(':', '.'), scopes: [scope] });
  }
  keys['any'] = await giveKey(database.keys, { name: 'any', scopes: ['admin'] });
  keys['expired'] = await giveKey(database.keys, { name: 'expired', expiresAt: PAST });
  keys['revoked'] = await giveKey(database.keys, { name: 'revoked', revokedAt: PAST });
  for (const name of ['ann', 'bob']) keys[name] = await giveKey(database.keys, { name });
  keys['unknown'] = aKey().text;
  // The id of one that is known, with another secret.
  keys['forged'] = (keys['admin'] ?? '').slice(0, 22) + aKey().text.slice(22);
});

const bearer = (text: string | undefined) => ({ authorization: `Bearer ${text}` });

function callRoute(
  to: RunningApp,
  { method, path }: Route,
  headers: Record<string, string>,
): Promise<Answer> {
  const hasBody = ['POST', 'PUT', 'PATCH'].includes(method);
  const target = path.replace(':id', '1').replace('/counts', '/counts?by=brand');
  const body = path === '/cars/batch' ? [GOLF] : GOLF;
  return to.call(method, target, headers, hasBody ? body : undefined);
}

async function expectRefused(answer: Answer, method: string, code: 'unauthenticated' | 'forbidden') {
  if (method === 'HEAD') expect(answer.status).toBe(code === 'forbidden' ? 403 : 401);
  else await expectProblem(answer, code);
}

// Proves: missing-or-wrong-credential
it('every route has a scope, except those on the list of open paths', () => {
  const routes = routesOf(app().app);
  const open = routes.filter(({ path }) => OPEN.includes(path));
  expect(new Set(open.map(({ path }) => path))).toEqual(new Set(OPEN));
  const others = routes.filter(({ path }) => !OPEN.includes(path));
  expect(others.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(Object.keys(NEEDS).sort());
});

it('fails to start with a route that has no scope by mistake', () => {
  expect(() => requireScope({ method: 'GET', url: '/secrets', config: {} })).toThrow(
    /GET \/secrets has no scope/,
  );
  expect(() => requireScope({ method: 'GET', url: '/healthz', config: {} })).not.toThrow();
});

it.each(OPEN)('answers %s without a credential, and with a wrong one', async (path) => {
  const target = path.replace(':code', 'forbidden').replace(':file', pageFile());
  for (const headers of [{}, bearer('wrong')]) expect((await app().get(target, headers)).status).toBe(200);
});

describe.each(ROUTES)('$method $path', (route) => {
  const { method, needs } = route;

  // Proves: missing-or-wrong-credential
  it('answers 401 without a credential and names the scheme', async () => {
    const answer = await callRoute(app(), route, {});
    await expectRefused(answer, method, 'unauthenticated');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="cars-api"');
  });

  // Proves: missing-or-wrong-credential
  it.each(['expired', 'revoked', 'unknown', 'forged'])('rejects a key that is %s', async (kind) => {
    for (const headers of [bearer(keys[kind]), { 'x-api-key': keys[kind] ?? '' }]) {
      const answer = await callRoute(app(), route, headers);
      await expectRefused(answer, method, 'unauthenticated');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="cars-api", error="invalid_token"');
    }
  });

  it.each(['wrong', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.'])(
    'rejects a text that is not a key: %s',
    async (text) => {
      for (const headers of [bearer(text), { 'x-api-key': text }, { authorization: `Basic ${text}` }]) {
        await expectRefused(await callRoute(app(), route, headers), method, 'unauthenticated');
      }
    },
  );

  // Proves: missing-scope
  it('answers 403 and names the missing scope', async () => {
    for (const scope of ['cars:read', 'cars:write', 'admin']) {
      const answer = await callRoute(app(), route, bearer(keys[scope]));
      const isEnough = [scope, 'any'].includes(needs);
      expect([scope, answer.status === 403]).toEqual([scope, !isEnough]);
      if (isEnough) continue;
      await expectRefused(answer, method, 'forbidden');
      expect(answer.headers.get('www-authenticate')).toBe(
        `Bearer realm="cars-api", error="insufficient_scope", scope="${needs}"`,
      );
    }
  });

  it('accepts a caller with the scope', async () => {
    for (const headers of [bearer(keys[needs]), { 'x-api-key': keys[needs] ?? '' }]) {
      expect([200, 201, 204, 404]).toContain((await callRoute(app(), route, headers)).status);
    }
  });

  it('is public with PUBLIC_READ=true if it reads, but still rejects a wrong credential', async () => {
    const isPublic = ['cars:read', 'any'].includes(needs) && !route.path.endsWith('/history');
    const { status } = await callRoute(publicApp(), route, {});
    expect(isPublic ? [200, 404] : [401]).toContain(status);
    expect((await callRoute(publicApp(), route, bearer(keys['unknown']))).status).toBe(401);
  });
});

describe('a credential', () => {
  it('follows the scheme, which is case-insensitive, after any number of blanks', async () => {
    for (const scheme of ['bearer', 'BEARER', 'Bearer  ']) {
      const answer = await app().get('/cars', { authorization: `${scheme} ${keys['cars:read']}` });
      expect(answer.status).toBe(200);
    }
  });

  it('may be sent in both header fields if it is the same', async () => {
    const key = keys['cars:read'] ?? '';
    expect((await app().get('/cars', { ...bearer(key), 'x-api-key': key })).status).toBe(200);
  });

  // Proves: ambiguous-credential
  it('must not differ between two header fields, nor be repeated in one', async () => {
    const key = keys['cars:read'];
    await expectProblem(await app().get('/cars', { ...bearer(key), 'x-api-key': 'other' }), 'bad-request');
    for (const field of [`Authorization: Bearer ${key}`, `X-API-Key: ${key}`]) {
      await expectProblem(
        await sendRawAnswered(app(), rawHead('GET', '/cars', [field, field])),
        'bad-request',
      );
    }
  });

  it('is checked before the body is read', async () => {
    const json = { 'content-type': 'application/json' };
    await expectProblem(await app().post('/cars', '{', json), 'unauthenticated');
    await expectProblem(await app().post('/cars', ' '.repeat(70_000), json), 'unauthenticated');
    // A body that never comes is not waited for.
    const head = rawHead('POST', '/cars', ['Content-Type: application/json', 'Content-Length: 1000']);
    await expectProblem(await sendRawAnswered(app(), head), 'unauthenticated');
  });

  it('is not required for a path that does not exist', async () => {
    await expectProblem(await app().get('/nothing'), 'not-found');
    await expectProblem(await app().delete('/cars'), 'method-not-allowed');
  });
});

it('keeps equal Idempotency-Keys of two callers apart', async () => {
  const post = (name: string, model: string) =>
    app().post('/cars', { ...GOLF, model }, { ...bearer(keys[name]), 'idempotency-key': 'k'.repeat(255) });
  const first = await post('ann', 'Polo');
  expect([first.status, (await post('bob', 'Lupo')).status]).toEqual([201, 201]);
  const again = await post('ann', 'Polo');
  expect([again.body, again.headers.get('idempotency-replayed')]).toEqual([first.body, 'true']);
  await expectProblem(await post('ann', 'Lupo'), 'idempotency-key-reused');
});

describe('a client that may only write', () => {
  const write = (method: string, path: string, body: object, headers: Record<string, string> = {}) =>
    app().call(method, path, { ...bearer(keys['cars:write']), ...headers }, body);

  // Proves: write-only
  it('sees no member of a car that it did not send, whatever it changes', async () => {
    const secret = { brand: 'Secret', model: 'Hidden', year: 1999 };
    const created = await app().call('POST', '/cars', bearer(keys['ann']), secret);
    const path = String(created.headers.get('location'));
    const patches = [
      {},
      { year: 1999 },
      { year: 2000 },
      { brand: 'Seat' },
      { id: JSON.parse(created.body).id },
    ];
    for (const patch of patches) {
      for (const type of ['application/json', 'application/merge-patch+json']) {
        const answer = await write('PATCH', path, patch, { 'content-type': type });
        expect([answer.status, answer.body]).toEqual([204, '']);
        expect(answer.headers.get('etag')).toMatch(/^"\d+"$/);
        expect(answer.headers.has('content-type')).toBe(false);
      }
    }
    for (const patch of [{ year: 1 }, { id: 9999 }, { color: 'red' }, { model: null }, { model: '' }]) {
      const answer = await write('PATCH', path, patch);
      expect([answer.status, /Hidden|Secret/.test(answer.body)]).toEqual([422, false]);
    }
    expect((await write('PATCH', path, {}, { 'if-match': '"99"' })).body).not.toMatch(/Hidden/);
    expect(JSON.parse((await write('PUT', path, GOLF)).body)).toEqual({
      ...GOLF,
      id: JSON.parse(created.body).id,
    });
    for (const read of [path, '/cars', `${path}/history`])
      await expectProblem(await app().get(read, bearer(keys['cars:write'])), 'forbidden');
  });

  it('gets from a replay only what it sent, even if the car was changed since', async () => {
    const key = { 'idempotency-key': 'write-only' };
    const first = await write('POST', '/cars', GOLF, key);
    const path = String(first.headers.get('location'));
    await app().call('PATCH', path, bearer(keys['ann']), { model: 'Hidden' });
    const again = await write('POST', '/cars', GOLF, key);
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect((await write('POST', '/cars', { ...GOLF, year: 2000 }, key)).body).not.toMatch(/Hidden|Golf/);
  });

  it('is not treated as one that may also read', async () => {
    const path = String((await write('POST', '/cars', GOLF)).headers.get('location'));
    const answer = await app().call('PATCH', path, bearer(keys['ann']), { year: 2001 });
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([200, { ...GOLF, year: 2001 }]);
  });
});
