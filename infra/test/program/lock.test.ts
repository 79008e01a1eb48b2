/** What a run does when it cannot renew its lock. */

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Context } from '../../program/core/context.ts';
import { withLock } from '../../program/release/lock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const printed: string[] = [];

/** A context whose every renewal fails with this error; other requests succeed. */
function contextThatFails(error: Error): Context {
  const send = async ({ constructor: { name } }: object) => {
    if (name === 'UpdateItemCommand') throw error;
    return {};
  };
  return {
    prefix: 'cars-api',
    identity: { arn: 'arn:aws:iam::123456789012:user/ann' },
    aws: { dynamo: { send } },
    terminal: { print: (line: string) => printed.push(line) },
    signal: new AbortController().signal,
    pause: () => vi.advanceTimersByTimeAsync(3000),
  } as unknown as Context;
}

/** Works until something stops it, and reports after how many seconds. */
async function workUntilStopped(error: Error): Promise<{ seconds: number; thrown: unknown }> {
  const start = Date.now();
  const thrown = await withLock(contextThatFails(error), 'deploy', async ({ pause }) => {
    while (Date.now() - start < 300_000) await pause();
  }).catch((failure) => failure);
  return { seconds: (Date.now() - start) / 1000, thrown };
}

const STOPPED = { exit: 'locked', message: expect.stringContaining('this run has lost its lock') };

it('stops at once when another run has taken the lock', async () => {
  const taken = new ConditionalCheckFailedException({
    message: 'The conditional request failed',
    $metadata: {},
  });
  const { seconds, thrown } = await workUntilStopped(taken);
  expect(thrown).toMatchObject(STOPPED);
  expect(seconds).toBeLessThan(30);
});

it('continues while the lock lasts, and stops before it expires', async () => {
  const { seconds, thrown } = await workUntilStopped(new Error('the network is down'));
  expect(thrown).toMatchObject(STOPPED);
  expect(printed).toContain('The lock could not be renewed: the network is down');
  expect(seconds).toBeGreaterThan(60);
  expect(seconds).toBeLessThan(90);
});
