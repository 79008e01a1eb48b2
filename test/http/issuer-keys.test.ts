/** The keys of the token issuer, on a fake clock: when they are fetched, and for how long they are used without the issuer. */

import { setTimeout as sleep } from 'node:timers/promises';
import { errors } from 'jose';
import { expect, it, onTestFinished } from 'vitest';
import { createIssuerKeys, KeysUnreachableError } from '../../src/http/callers/issuer-keys.ts';
import { startIssuer } from '../../tools/start-issuer.ts';

const MINUTE = 60_000;

async function start(keysMaxAge = 3600) {
  let now = 0;
  const logged: string[] = [];
  const note = (...words: unknown[]) => void logged.push(String(words.at(-1)));
  const issuer = await startIssuer();
  onTestFinished(() => issuer.stop());
  const config = { issuer: issuer.url, jwksUrl: undefined, keysMaxAge };
  const keys = createIssuerKeys(config, { info: note, warn: note }, () => now);
  return {
    issuer,
    keys,
    logged,
    find: async (kid = 'key-0') => keys.find({ alg: 'RS256', kid }, { payload: '', signature: '' }),
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

// Proves: unavailable-issuer
it('uses the known keys for an hour while the issuer is unavailable, and logs that once', async () => {
  const { issuer, keys, find, pass, logged } = await start();
  await find();
  issuer.failWith(500);
  for (let minute = 0; minute < 60; minute += 1) {
    pass(MINUTE);
    await expect(find()).resolves.toBeDefined();
    // Time for most of the fetches in the background to fail.
    await sleep(20);
  }
  await expect.poll(() => logged).toEqual(['the keys of the token issuer cannot be fetched']);
  expect(keys.age()).toBe(3600);
  pass(MINUTE);
  await expect(find()).rejects.toThrow(KeysUnreachableError);
  issuer.failWith(undefined);
  pass(MINUTE);
  await expect(find()).resolves.toBeDefined();
  expect([keys.age(), logged.at(-1)]).toEqual([0, 'the keys of the token issuer are available again']);
});

it('uses them for as long as configured', async () => {
  const { issuer, find, pass } = await start(24 * 3600);
  await find();
  issuer.failWith(500);
  pass(24 * 60 * MINUTE);
  await expect(find()).resolves.toBeDefined();
  pass(MINUTE);
  await expect(find()).rejects.toThrow(KeysUnreachableError);
});

it('fetches the keys again in the background after ten minutes, and then rejects one that was withdrawn', async () => {
  const { issuer, find, pass } = await start();
  await find();
  await issuer.rotate();
  pass(9 * MINUTE);
  await find();
  expect(issuer.keysFetched()).toBe(1);
  pass(2 * MINUTE);
  // Nobody waits for the fetch.
  await expect(find()).resolves.toBeDefined();
  await expect.poll(() => issuer.keysFetched()).toBe(2);
  const outcome = () => find().then(String, (error: Error) => error.constructor);
  await expect.poll(outcome).toBe(errors.JWKSNoMatchingKey);
  await expect(find('key-1')).resolves.toBeDefined();
});

it('does not call a token wrong while the issuer is unavailable, because its key may be new', async () => {
  const { issuer, find, pass } = await start();
  await find();
  issuer.failWith(500);
  pass(6000);
  await expect(find('key-1')).rejects.toThrow(KeysUnreachableError);
  pass(1000);
  await expect(find('key-1')).rejects.toThrow(KeysUnreachableError);
  await expect(find()).resolves.toBeDefined();
});

it('follows the issuer to another URL for its keys', async () => {
  const { issuer, find, pass } = await start();
  await find();
  issuer.moveKeys();
  await issuer.rotate();
  pass(6000);
  await expect(find('key-1')).resolves.toBeDefined();
  pass(61 * MINUTE);
  await expect(find('key-1')).resolves.toBeDefined();
});

it('keeps its keys while the issuer publishes none', async () => {
  const { issuer, keys, find, pass, logged } = await start();
  await find();
  issuer.publishNoKeys();
  pass(11 * MINUTE);
  await find();
  await expect.poll(() => logged).toEqual(['the keys of the token issuer cannot be fetched']);
  await expect(find()).resolves.toBeDefined();
  expect(keys.age()).toBe(660);
});
