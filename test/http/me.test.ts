/** GET /me: who the client is, what it may do, and what is left of its limits. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { Scope } from '../../src/callers/caller.ts';
import { giveKey } from '../support/give-key.ts';
import { parseBody } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { useApp } from './start-app.ts';

const EVERYTHING = ['cars:read', 'cars:write', 'admin'];

describe('without authentication', () => {
  const app = useApp();

  it('everybody may do everything', async () => {
    const answer = await app().get('/me');
    expect(answer.body).toBe(JSON.stringify({ name: null, scopes: EVERYTHING, limits: {} }));
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect((await app().head('/me')).status).toBe(200);
  });

  it('answers 400 to parameters and 405 to other methods', async () => {
    await expectProblem(await app().get('/me?x=1'), 'invalid-parameter', [{ parameter: 'x' }]);
    await expectProblem(await app().post('/me', {}), 'method-not-allowed');
  });
});

describe('with API keys and limits', () => {
  const LIMITS = { RATE_LIMIT_READS: '100', RATE_LIMIT_WRITES: '50' };
  const app = useApp(undefined, { AUTH: 'api-key', ...LIMITS });
  const publicApp = useApp(undefined, { AUTH: 'api-key', PUBLIC_READ: 'true', RATE_LIMIT_READS: '100' });
  const keys = new Map<string, string>();
  const addKey = async (to: typeof app, name: string, scopes: readonly Scope[]) =>
    keys.set(name, await giveKey(to().app.database.keys, { name, scopes }));
  const bearer = (name: string) => ({ authorization: `Bearer ${keys.get(name)}` });

  beforeAll(async () => {
    await addKey(app, 'ann', ['cars:write', 'cars:read']);
    await addKey(app, 'operator', ['admin']);
    await addKey(publicApp, 'bob', ['cars:write']);
  });

  it('shows the name, the scopes and what is left of each limit, this request included', async () => {
    const headers = bearer('ann');
    const answer = await app().get('/me', headers);
    const left = Number(/r=(\d+)/.exec(answer.headers.get('ratelimit') ?? '')?.[1]);
    expect(left).toBe(99);
    expect(parseBody(answer)).toEqual({
      name: 'ann',
      scopes: ['cars:read', 'cars:write'],
      limits: {
        reads: { perMinute: 100, remaining: 99, secondsUntilFull: 1 },
        writes: { perMinute: 50, remaining: 50, secondsUntilFull: 0 },
      },
    });
    await app().post('/cars', { brand: 'Audi', model: 'A4', year: 2000 }, headers);
    expect(parseBody(await app().get('/me', headers))).toMatchObject({
      limits: { writes: { perMinute: 50, remaining: 49 } },
    });
  });

  it('needs no scope', async () => {
    const answer = await app().get('/me', bearer('operator'));
    expect(parseBody(answer)).toMatchObject({ name: 'operator', scopes: ['admin'] });
  });

  it('answers 401 without a credential, unless reads are public', async () => {
    await expectProblem(await app().get('/me'), 'unauthenticated');
    expect(parseBody(await publicApp().get('/me'))).toMatchObject({
      name: null,
      scopes: ['cars:read'],
      limits: { reads: { perMinute: 100 } },
    });
    expect(parseBody(await publicApp().get('/me'))).not.toHaveProperty('limits.writes');
    await expectProblem(await publicApp().get('/me', bearer('wrong')), 'unauthenticated');
    expect(parseBody(await publicApp().get('/me', bearer('bob')))).toMatchObject({
      name: 'bob',
      scopes: ['cars:write'],
    });
  });
});
