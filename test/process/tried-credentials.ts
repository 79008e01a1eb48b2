/**
 * Valid and invalid credentials of every kind, and a client that sends them in right and wrong
 * places.
 */

import { generateKeyPair } from 'jose';
import { expect } from 'vitest';
import type { Issuer } from '../../tools/start-issuer.ts';
import { aKey } from '../support/give-key.ts';
import type { TestDatabase } from '../support/test-database.ts';
import { askEverything } from './ask-everything.ts';
import { expectNoSecret, secretParts } from './planted-secrets.ts';
import { type Ended, runProgram } from './start-service.ts';

/** Neither a key nor a token. */
export const NO_CREDENTIAL = 'Leak-No-Key-Of-Any-Kind-5c1';

const outputOf = ({ stdout, stderr }: Ended) => `${stdout}\n${stderr}`;

/** Creates valid keys and tokens, and one for each way to be invalid. */
export async function giveCredentials({ url, query }: Pick<TestDatabase, 'url' | 'query'>, issuer: Issuer) {
  const scopes = ['cars:read', 'cars:write', 'admin'].flatMap((scope) => ['--scope', scope]);
  const make = async (name: string) => {
    const args = ['create', '--name', name, ...scopes, '--expires', '1h'];
    const made = await runProgram('commands/keys.ts', { DATABASE_URL: url }, { args });
    expect(made.code).toBe(0);
    // Only stdout shows the key.
    expectNoSecret(made.stderr, secretParts(made.stdout.trim()));
    return made.stdout.trim();
  };
  const [good, expired, revoked] = [await make('good'), await make('expired'), await make('revoked')];
  await query("UPDATE api_keys SET expires_at = created_at WHERE name = 'expired'");
  const list = { DATABASE_URL: url };
  const ended = await runProgram('commands/keys.ts', list, { args: ['revoke', 'revoked'] });
  expect(ended.code).toBe(0);
  const listed = await runProgram('commands/keys.ts', list, { args: ['list'] });
  expect(listed.stdout).toContain('"expired"');
  const { privateKey } = await generateKeyPair('RS256');
  const keys = [good, expired, revoked, aKey().text, good.slice(0, 22) + aKey().text.slice(22)];
  const tokens = [
    await issuer.sign({ scope: 'cars:read cars:write admin' }),
    await issuer.sign({ exp: 1_700_000_000 }),
    await issuer.sign({ aud: 'https://other.example.com' }),
    await issuer.sign({}, {}, privateKey),
    await issuer.sign({}, { alg: 'HS256' }, new TextEncoder().encode(await issuer.publicKey())),
  ];
  expectNoSecret(outputOf(listed), keys.flatMap(secretParts));
  return { good, all: [...keys, ...tokens, NO_CREDENTIAL] };
}

/** Sends a credential in every possible place, and returns all answers as one text. */
export async function tryEverywhere(url: string, credential: string): Promise<string> {
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ brand: 'Audi', model: 'A3', year: 2020, key: credential });
  const misplaced: [string, RequestInit?][] = [
    [`/${credential}`],
    [`/cars/${credential}`],
    [`/cars?limit=${credential}`],
    [`/cars?access_token=${credential}`],
    [`/docs/problems/${credential}`],
    ['/cars', { headers: { 'if-match': credential, authorization: `Basic ${btoa(`ann:${credential}`)}` } }],
    ['/cars/1', { headers: { 'if-match': credential, 'x-api-key': credential } }],
    ['/cars', { method: 'POST', headers: { ...json, 'x-api-key': credential }, body }],
    ['/cars', { headers: { authorization: `Bearer ${credential}`, 'x-api-key': 'another' } }],
    ['/cars', { headers: { cookie: `session=${credential}`, 'proxy-authorization': credential } }],
  ];
  const answers = [
    await askEverything(url, { authorization: `Bearer ${credential}` }),
    await askEverything(url, { 'x-api-key': credential }),
  ];
  for (const [path, init] of misplaced) {
    const response = await fetch(`${url}${path}`, init);
    answers.push(`${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`);
  }
  return answers.join('\n');
}
