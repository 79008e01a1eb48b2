/**
 * One run at a time for each environment: an item in its table, written only where there is none or the one that is there
 * has run out. Whoever holds it renews it; a run that dies leaves it for a minute and a half at most.
 */

import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { RELEASES_KEY, releasesTable } from '../../platform/contract.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';

/** Seconds that the lock is good for without being renewed, and between two renewals. */
const LEASE = 90;
const RENEWAL = 20;

const KEY = { [RELEASES_KEY.partition]: { S: 'lock' }, [RELEASES_KEY.sort]: { S: 'lock' } };

/**
 * Does `work` while no other run does. Throws {@link Failure} `locked` when another one holds the lock.
 *
 * @param what the command, for whoever is refused meanwhile.
 */
export async function withLock<Result>(
  { aws, prefix, identity, terminal }: Context,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const table = { TableName: releasesTable(prefix) };
  const owner = randomUUID();
  const who = `${userInfo().username} on ${hostname()} (${identity.arn})`;
  const until = () => ({ N: String(now() + LEASE) });
  try {
    await aws.dynamo.send(
      new PutItemCommand({
        ...table,
        Item: {
          ...KEY,
          owner: { S: owner },
          who: { S: who },
          what: { S: what },
          since: { S: new Date().toISOString() },
          until: until(),
        },
        // A clock that is wrong by more than the lease is the one thing that this does not survive.
        ConditionExpression: `attribute_not_exists(${RELEASES_KEY.partition}) OR #until < :now`,
        ExpressionAttributeNames: { '#until': 'until' },
        ExpressionAttributeValues: { ':now': { N: String(now()) } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const holder = error.Item ?? {};
    throw new Failure(
      'locked',
      `another run works on this environment: ${holder['what']?.S ?? '?'} by ${holder['who']?.S ?? '?'} since ${holder['since']?.S ?? '?'}`,
      `Wait for it. If it is gone, its lock is too after ${LEASE} s.`,
    );
  }
  const mine = {
    ...table,
    Key: KEY,
    ConditionExpression: '#owner = :owner',
    ExpressionAttributeNames: { '#owner': 'owner' },
    ExpressionAttributeValues: { ':owner': { S: owner } },
  };
  const renewal = setInterval(async () => {
    try {
      await aws.dynamo.send(
        new UpdateItemCommand({
          ...mine,
          UpdateExpression: 'SET #until = :until',
          ExpressionAttributeNames: { ...mine.ExpressionAttributeNames, '#until': 'until' },
          ExpressionAttributeValues: { ...mine.ExpressionAttributeValues, ':until': until() },
        }),
      );
    } catch (error) {
      terminal.say(`the lock could not be renewed: ${(error as Error).message}`);
    }
  }, RENEWAL * 1000);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    // Gone already when the table is (`destroy`), or when it ran out and another run took it.
    await aws.dynamo.send(new DeleteItemCommand(mine)).catch(() => {});
  }
}

/** Seconds since 1970. */
function now(): number {
  return Math.floor(Date.now() / 1000);
}
