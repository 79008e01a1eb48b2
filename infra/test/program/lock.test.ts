/** What a run does when it cannot renew its lock. */

import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import type { Context } from '../../program/core/context.ts';
import { withLock } from '../../program/release/lock.ts';
import { AwsError } from '../../rehearsal/ecs/handler.ts';
import { startLocalAws } from '../../rehearsal/ecs/server.ts';
import { createTable } from '../../rehearsal/ecs/table.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const printed: string[] = [];

/** A context whose every renewal fails with this error; other requests succeed. */
function contextThatFails(error: Error): Context {
  let requests = 0;
  const send = async () => {
    requests += 1;
    if (requests > 1) throw error;
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

const STOPPED = { exit: 'timedOut', message: expect.stringContaining('this run has lost its lock') };

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

it('continues when the table is gone, because `destroy` deletes it with the last stack', async () => {
  const gone = Object.assign(new Error('Requested resource not found'), {
    name: 'ResourceNotFoundException',
  });
  expect(await workUntilStopped(gone)).toEqual({ seconds: expect.any(Number), thrown: undefined });
});

it('is not taken by itself when the response to its request is lost and the request is sent again', async () => {
  vi.useRealTimers();
  const table = createTable('cars-api-releases');
  let requests = 0;
  const aws = await startLocalAws({
    services: {
      async dynamodb(action, input) {
        const answer = await table(action, input);
        requests += 1;
        if (requests === 1) throw new AwsError('InternalServerError', 'the response is lost', 500);
        return answer;
      },
    },
  });
  onTestFinished(() => aws.close());
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const dynamo = new DynamoDBClient({ endpoint: aws.url, region: 'eu-central-1', credentials });
  const context = { ...contextThatFails(new Error()), aws: { dynamo } } as unknown as Context;
  await withLock(context, 'deploy', async () => {
    await expect(withLock(context, 'rollback', async () => {})).rejects.toMatchObject({ exit: 'locked' });
  });
  expect(requests).toBeGreaterThan(2);
  await withLock(context, 'rollback', async () => {});
});

it('is lost when another run has had it meanwhile, even if that run has ended', async () => {
  const table = createTable('cars-api-releases');
  const send = async ({ constructor: { name }, input }: { constructor: { name: string }; input: object }) => {
    try {
      return await table(name.replace('Command', ''), input);
    } catch (error) {
      if ((error as AwsError).code !== 'ConditionalCheckFailedException') throw error;
      throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
    }
  };
  const context = { ...contextThatFails(new Error()), aws: { dynamo: { send } } } as unknown as Context;
  const thrown = await withLock(context, 'deploy', async ({ pause }) => {
    const Key = { pk: { S: 'lock' }, sk: { S: 'lock' } };
    await table('DeleteItem', { TableName: 'cars-api-releases', Key });
    for (let waits = 0; waits < 20; waits += 1) await pause();
  }).catch((failure) => failure);
  expect(thrown).toMatchObject(STOPPED);
});
