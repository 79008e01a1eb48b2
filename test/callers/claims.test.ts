/** Turning the claims of an access token into a caller. */

import { expect, it } from 'vitest';
import { CALLER_NAME_MAX } from '../../src/callers/caller.ts';
import { type Claims, callerOfClaims } from '../../src/callers/claims.ts';

const nameOf = (claims: Claims) => callerOfClaims(claims)?.name;

it('uses the subject as the name', () => {
  expect(nameOf({ sub: 'auth0|42' })).toBe('jwt:auth0|42');
  expect(nameOf({ sub: 'x'.repeat(128) })).toBe(`jwt:${'x'.repeat(128)}`);
});

it.each(['x'.repeat(129), 'x'.repeat(5000), 'a b', 'a\0b', 'a\nb', 'José', '🚗'])(
  'uses a digest for a subject that is long or not visible ASCII: %j',
  (sub) => {
    const name = nameOf({ sub }) ?? '';
    expect(name).toMatch(/^jwt:sha256:[A-Za-z0-9_-]{43}$/);
    expect(name.length).toBeLessThanOrEqual(CALLER_NAME_MAX);
    // A subject that equals the digest must get another name.
    expect(nameOf({ sub: name.slice('jwt:'.length) })).not.toBe(name);
  },
);

it.each([{}, { sub: '' }, { sub: 42 }, { sub: ['ann'] }, { sub: null }])(
  'rejects a token without a text subject: %j',
  (claims) => {
    expect(callerOfClaims(claims)).toBeUndefined();
  },
);

it.each<[Claims, string[]]>([
  [{}, []],
  [{ scope: 'cars:read' }, ['cars:read']],
  [{ scope: 'openid cars:read  cars:write email' }, ['cars:read', 'cars:write']],
  [{ scp: 'cars:write' }, ['cars:write']],
  [{ scp: ['admin', 'cars:read', 'CARS:WRITE'] }, ['admin', 'cars:read']],
  [{ scope: 'cars:read', scp: ['cars:write'] }, ['cars:read', 'cars:write']],
  [{ scope: 42, scp: { admin: true } }, []],
  [{ scp: [42, null] }, []],
])('reads the scopes of %j', (claims, scopes) => {
  expect([...(callerOfClaims({ sub: 'ann', ...claims })?.scopes ?? [])].sort()).toEqual(scopes.sort());
});
