/** When a token of AWS IAM is renewed. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createIamTokens } from '../../src/database/mysql/iam-tokens.ts';

const USER = { hostname: 'db', port: 3306, username: 'ann', region: 'eu-central-1' };
const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function countingTokens() {
  let signed = 0;
  return createIamTokens(USER, async () => {
    signed += 1;
    return `token ${signed}`;
  });
}

it('is the same for ten of its fifteen minutes, then a new one', async () => {
  const tokens = countingTokens();
  const [one, other] = await Promise.all([tokens.get(), tokens.get()]);
  expect([one.text, other.text]).toEqual(['token 1', 'token 1']);
  vi.advanceTimersByTime(10 * MINUTE);
  expect((await tokens.get()).text).toBe('token 1');
  vi.advanceTimersByTime(1);
  expect((await tokens.get()).text).toBe('token 2');
});

it('is signed once when many connections find that it was rejected', async () => {
  const tokens = countingTokens();
  const rejected = await tokens.get();
  vi.advanceTimersByTime(1000);
  tokens.discard(rejected);
  const renewed = await tokens.get();
  expect(renewed.text).toBe('token 2');
  tokens.discard(rejected);
  expect((await tokens.get()).text).toBe('token 2');
});

it('is signed again after signing failed', async () => {
  let credentials: string | undefined;
  const tokens = createIamTokens(USER, async () => {
    if (credentials === undefined) throw new Error('no credentials');
    return credentials;
  });
  await expect(tokens.get()).rejects.toThrow('no credentials');
  credentials = 'token';
  expect((await tokens.get()).text).toBe('token');
});
