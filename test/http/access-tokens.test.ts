/** Who is let in with an access token, and the ways in which tokens are forged. */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type CryptoKey, generateKeyPair } from 'jose';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Environment } from '../../src/config/reader.ts';
import { AUDIENCE, type Issuer, startIssuer } from '../../tools/start-issuer.ts';
import { giveKey } from '../support/give-key.ts';
import { carsOf } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { type RunningApp, startApp } from './start-app.ts';

const NOW = Math.floor(Date.now() / 1000);
const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };

let issuer: Issuer;
let app: RunningApp;

beforeAll(async () => {
  issuer = await startIssuer();
  app = await startApp(issuer.settings);
});
afterAll(() => Promise.all([app?.stop(), issuer?.stop()]));

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An issuer and a service of a test's own. */
async function startBoth(env: Environment = {}, alg?: string, failure?: number) {
  const ownIssuer = await startIssuer(alg);
  ownIssuer.failWith(failure);
  const own = await startApp({ ...ownIssuer.settings, ...env });
  onTestFinished(async () => void (await Promise.all([own.stop(), ownIssuer.stop().catch(() => {})])));
  const status = async (token: string) => (await own.get('/cars', bearer(token))).status;
  return { issuer: ownIssuer, app: own, status };
}

describe('an access token', () => {
  it('grants its subject the scopes it contains', async () => {
    expect((await app.get('/cars', bearer(await issuer.sign()))).status).toBe(200);
    const writer = bearer(await issuer.sign({ scope: undefined, scp: ['cars:write'] }));
    expect((await app.post('/cars', GOLF, writer)).status).toBe(201);
    const refused = await app.get('/cars', writer);
    await expectProblem(refused, 'forbidden');
    expect(refused.headers.get('www-authenticate')).toContain('scope="cars:read"');
  });

  it('may have several audiences and no type', async () => {
    const token = await issuer.sign({ aud: ['https://other.example.com', AUDIENCE] }, { typ: 'JWT' });
    expect((await app.get('/cars', bearer(token))).status).toBe(200);
  });

  it.each(['ES256', 'PS256', 'EdDSA'])('may be signed with %s', async (alg) => {
    const both = await startBoth({}, alg);
    expect(await both.status(await both.issuer.sign())).toBe(200);
  });

  it('is accepted in Authorization only', async () => {
    await expectProblem(await app.get('/cars', { 'x-api-key': await issuer.sign() }), 'unauthenticated');
  });

  it('keeps the Idempotency-Keys of two subjects apart, however long their names are', async () => {
    const post = async (sub: string) =>
      app.post('/cars', GOLF, {
        ...bearer(await issuer.sign({ sub, scope: 'cars:write' })),
        'idempotency-key': 'k'.repeat(255),
      });
    const long = 'x'.repeat(2000);
    const ids = [];
    for (const sub of ['ann', 'bob', `${long}a`, `${long}b`, 'José\u0000']) {
      const answer = await post(sub);
      expect([answer.status, answer.headers.has('idempotency-replayed')]).toEqual([201, false]);
      ids.push(answer.headers.get('location'));
    }
    expect(new Set(ids).size).toBe(5);
    expect((await post(`${long}a`)).headers.get('location')).toBe(ids[2]);
  });
});

// Proves: foreign-token
describe('an access token is rejected', () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['of another issuer', { iss: 'https://evil.example.com' }],
    ['of an issuer that looks alike', { iss: 'http://127.0.0.1/' }],
    ['without an issuer', { iss: undefined }],
    ['for another audience', { aud: 'https://other.example.com' }],
    ['for no audience', { aud: undefined }],
    ['that has expired', { exp: NOW - 60 }],
    ['that never expires', { exp: undefined }],
    ['that is not valid yet', { nbf: NOW + 60 }],
    ['without a subject', { sub: undefined }],
    ['with an empty subject', { sub: '' }],
  ])('%s', async (_, claims) => {
    const answer = await app.get('/cars', bearer(await issuer.sign(claims)));
    await expectProblem(answer, 'unauthenticated');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="cars-api", error="invalid_token"');
  });

  // Proves: unsigned-token
  it('if it is unsigned (alg: none), in any spelling', async () => {
    const payload = base64url({ iss: issuer.url, aud: AUDIENCE, sub: 'ann', exp: NOW + 300, scope: 'admin' });
    const signature = (await issuer.sign()).split('.')[2];
    for (const alg of ['none', 'None', 'NONE', '', undefined]) {
      for (const end of ['', signature]) {
        const token = `${base64url({ alg, kid: 'key-0' })}.${payload}.${end}`;
        await expectProblem(await app.get('/cars', bearer(token)), 'unauthenticated');
      }
    }
  });

  // Proves: key-confusion
  it('if it is signed with the public key as a shared secret (HS256)', async () => {
    const secret = new TextEncoder().encode(await issuer.publicKey());
    for (const alg of ['HS256', 'HS512']) {
      const token = await issuer.sign({}, { alg }, secret);
      await expectProblem(await app.get('/cars', bearer(token)), 'unauthenticated');
    }
  });

  // Proves: key-confusion
  it("if it is signed with a foreign key, under the issuer's key id or another", async () => {
    const { privateKey } = await generateKeyPair('RS256');
    for (const header of [{}, { kid: 'key-9' }, { jku: 'https://evil.example.com/keys' }]) {
      await expectProblem(
        await app.get('/cars', bearer(await issuer.sign({}, header, privateKey))),
        'unauthenticated',
      );
    }
  });

  // Proves: unsigned-token
  it('if it was changed after it was signed', async () => {
    const [header, , signature] = (await issuer.sign()).split('.');
    const payload = base64url({ iss: issuer.url, aud: AUDIENCE, sub: 'ann', exp: NOW + 300, scope: 'admin' });
    await expectProblem(
      await app.get('/cars', bearer(`${header}.${payload}.${signature}`)),
      'unauthenticated',
    );
  });

  it('if its algorithm is not on the list', async () => {
    const both = await startBoth({ JWT_ALGORITHMS: 'ES256' });
    expect(await both.status(await both.issuer.sign())).toBe(401);
  });

  it.each([
    '',
    'x',
    'a.b.c',
    'a.b',
    '..',
    '{}',
    `${'a.'.repeat(1000)}`,
    `cars_0123456789abcdef_${'x'.repeat(43)}`,
  ])('if it is not a token: %j', async (text) => {
    await expectProblem(await app.get('/cars', bearer(text)), 'unauthenticated');
  });
});

it('accepts API keys and access tokens side by side', async () => {
  const both = await startBoth({ AUTH: 'api-key,jwt' });
  const key = await giveKey(both.app.app.database.keys);
  expect([await both.status(key), await both.status(await both.issuer.sign())]).toEqual([200, 200]);
  expect([await both.status('neither')]).toEqual([401]);
});

// Proves: made-up-credentials
it("fetches the issuer's keys again when they change, but not for every forged token", async () => {
  const both = await startBoth();
  const old = await both.issuer.sign();
  // The second time, the service remembers the token.
  expect([await both.status(old), await both.status(old)]).toEqual([200, 200]);
  for (let times = 0; times < 50; times += 1)
    await both.status(await both.issuer.sign({}, { kid: `x${times}` }));
  expect(both.issuer.keysFetched()).toBe(1);
  await both.issuer.rotate();
  const token = await both.issuer.sign();
  await vi.waitFor(async () => expect(await both.status(token)).toBe(200), {
    timeout: 60_000,
    interval: 200,
  });
  expect(await both.status(old)).toBe(401);
});

it('accepts tokens that do not name their key, also while the issuer replaces its key', async () => {
  const both = await startBoth();
  const nameless = (claims = {}, key?: CryptoKey) => both.issuer.sign(claims, { kid: undefined }, key);
  const old = await nameless();
  expect(await both.status(old)).toBe(200);
  await both.issuer.rotate({ keepOld: true });
  const token = await nameless();
  await vi.waitFor(async () => expect(await both.status(token)).toBe(200), {
    timeout: 60_000,
    interval: 200,
  });
  expect([both.issuer.keysFetched(), await both.status(old)]).toEqual([2, 200]);
  const { privateKey } = await generateKeyPair('RS256');
  const wrong = [await nameless({}, privateKey), await nameless({ exp: NOW - 60 })];
  expect([await both.status(wrong[0] ?? ''), await both.status(wrong[1] ?? '')]).toEqual([401, 401]);
  expect(both.issuer.keysFetched()).toBe(2);
});

it('rejects a token that expires after it was accepted', async () => {
  const both = await startBoth();
  // The service tolerates clocks that differ by 5 seconds.
  const token = await both.issuer.sign({ exp: Math.floor(Date.now() / 1000) - 3 });
  const known = await both.issuer.sign({ exp: Math.floor(Date.now() / 1000) + 3600 });
  expect([await both.status(known), await both.status(token), await both.status(token)]).toEqual([
    200, 200, 200,
  ]);
  await vi.waitFor(async () => expect(await both.status(token)).toBe(401), {
    timeout: 60_000,
    interval: 200,
  });
  expect(await both.status(known)).toBe(200);
});

it('fetches the keys when it starts, so that no client waits for them', async () => {
  const { issuer: own } = await startBoth();
  await expect.poll(own.keysFetched).toBe(1);
});

it('fetches the keys from the configured URL', async () => {
  const elsewhere = await startIssuer();
  onTestFinished(() => elsewhere.stop());
  const iss = 'https://login.example.com/';
  const both = await startBoth({ JWT_ISSUER: iss, JWT_JWKS_URL: `${elsewhere.url}/keys` });
  expect(await both.status(await elsewhere.sign({ iss }))).toBe(200);
});

describe('a key of the issuer that cannot be used', () => {
  const { publicKey: short } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const { privateKey: leaked } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { publicKey: other } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid, use: 'sig' });
  const BAD: readonly [string, unknown][] = [
    ['with 1024 bits', { ...jwk(short, 'bad'), alg: 'RS256' }],
    ['with 1024 bits for any algorithm', jwk(short, 'bad')],
    ['that is private', jwk(leaked, 'bad')],
    ['without its numbers', { kty: 'RSA', kid: 'bad' }],
    ['with an even exponent', { ...jwk(leaked, 'bad'), d: undefined, e: 'AA' }],
    ['on another curve', jwk(other, 'bad')],
    ['that is a secret', { kty: 'oct', k: 'c2VjcmV0', kid: 'bad' }],
    ['of an unknown type', { kty: 'XYZ', kid: 'bad' }],
    ['that is null', null],
    ['that is a number', 1],
  ];

  it.each(BAD)('makes its tokens invalid and harms no other: a key %s', async (_, key) => {
    const lines: string[] = [];
    const log = pino({ messageKey: 'message' }, { write: (line: string) => void lines.push(line) });
    const ownIssuer = await startIssuer();
    ownIssuer.addKeys(key);
    const own = await startApp(ownIssuer.settings, { log });
    onTestFinished(async () => void (await Promise.all([own.stop(), ownIssuer.stop()])));
    const [header, payload, signature] = (await ownIssuer.sign()).split('.');
    expect(header).toBeDefined();
    for (let times = 0; times < 3; times += 1) {
      for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
        const token = `${base64url({ alg, kid: 'bad' })}.${payload}.${signature}`;
        await expectProblem(await own.get('/cars', bearer(token)), 'unauthenticated');
      }
      expect((await own.get('/cars', bearer(await ownIssuer.sign()))).status).toBe(200);
    }
    expect(lines.filter((line) => line.includes('ignored a key')).length).toBeLessThanOrEqual(1);
    expect(lines.filter((line) => line.includes('"level":50'))).toEqual([]);
  });
});

describe('while the issuer is unavailable', () => {
  it('answers 503, and recovers by itself', async () => {
    const both = await startBoth({}, undefined, 500);
    const token = await both.issuer.sign();
    const answer = await both.app.get('/cars', bearer(token));
    await expectProblem(answer, 'unavailable');
    expect(answer.headers.get('retry-after')).toBe('1');
    both.issuer.failWith(undefined);
    await vi.waitFor(async () => expect(await both.status(token)).toBe(200), {
      timeout: 60_000,
      interval: 200,
    });
  });

  it('continues with the keys it has', async () => {
    const both = await startBoth();
    const token = await both.issuer.sign();
    expect(await both.status(token)).toBe(200);
    await both.issuer.stop();
    expect(await both.status(token)).toBe(200);
    expect(carsOf(await both.app.get('/cars', bearer(token)))).toEqual([]);
  });

  it("answers 503 when the metadata are another issuer's", async () => {
    const both = await startBoth({ JWT_ISSUER: `${issuer.url}/tenant` });
    expect(await both.status(await issuer.sign({ iss: `${issuer.url}/tenant` }))).toBe(503);
  });
});
