/**
 * Allows one run at a time in each environment: an item in its table, written only if there is none
 * or it has expired. The run renews it while it works, and stops when it has lost it. If the run
 * dies, the lock expires within 90 seconds.
 */

import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { ConditionalCheckFailedException, DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { RELEASES_KEY, releasesTable } from '../../platform/contract.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';

/** How long the lock lasts without being renewed, and how often it is renewed. */
const LEASE_SECONDS = 90;
const RENEWAL_SECONDS = 20;

const KEY = { [RELEASES_KEY.partition]: { S: 'lock' }, [RELEASES_KEY.sort]: { S: 'lock' } };

/**
 * Does `work` while no other run can. Throws {@link Failure} `locked` when another one holds the
 * lock, and `timedOut` when this run has lost it: AWS continues.
 *
 * @param what the command, shown to a run that finds the lock taken.
 */
export async function withLock<Result>(
  context: Context,
  what: string,
  work: (locked: Context) => Promise<Result>,
): Promise<Result> {
  const { aws, prefix, identity, terminal } = context;
  const owner = randomUUID();
  const since = new Date().toISOString();
  let expires = 0;
  const isMine = {
    ConditionExpression: '#owner = :owner',
    ExpressionAttributeNames: { '#owner': 'owner' },
    ExpressionAttributeValues: { ':owner': { S: owner } },
  };
  // Clocks must not differ by more than the lease. The owner: a request whose response was lost is sent again.
  const isFree = {
    ConditionExpression: `attribute_not_exists(${RELEASES_KEY.partition}) OR #until < :now OR #owner = :owner`,
    ExpressionAttributeNames: { ...isMine.ExpressionAttributeNames, '#until': 'until' },
    ExpressionAttributeValues: { ...isMine.ExpressionAttributeValues, ':now': { N: `${now()}` } },
  };
  const write = async (condition: typeof isMine) => {
    const until = now() + LEASE_SECONDS;
    const request = new PutItemCommand({
      TableName: releasesTable(prefix),
      Item: {
        ...KEY,
        owner: { S: owner },
        who: { S: `${userName()} on ${hostname()} (${identity.arn})` },
        what: { S: what },
        since: { S: since },
        until: { N: `${until}` },
      },
      ...condition,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    await aws.dynamo.send(request, { abortSignal: AbortSignal.timeout(RENEWAL_SECONDS * 1000) });
    expires = until;
  };
  try {
    await write(isFree);
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const holder = error.Item ?? {};
    throw new Failure(
      'locked',
      `another run is working on this environment: ${holder['what']?.S ?? '?'}, started by ${holder['who']?.S ?? '?'} at ${holder['since']?.S ?? '?'}`,
      `Wait for it to end. If it was killed, its lock expires after ${LEASE_SECONDS} s.`,
    );
  }
  const lost = new AbortController();
  const renewal = setInterval(async () => {
    try {
      // Not a lock that is free again: another run had it meanwhile.
      await write(isMine);
    } catch (error) {
      const { name, message } = error as Error;
      // `destroy` deletes the table with the last stack.
      if (name === 'ResourceNotFoundException') return clearInterval(renewal);
      const isTaken = error instanceof ConditionalCheckFailedException;
      // Stops before another run can take it.
      if (isTaken || now() + RENEWAL_SECONDS >= expires) lost.abort(failureOf(message));
      else terminal.print(`The lock could not be renewed: ${message}`);
    }
  }, RENEWAL_SECONDS * 1000);
  try {
    return await work(withSignal(context, AbortSignal.any([context.signal, lost.signal])));
  } finally {
    clearInterval(renewal);
    const release = new DeleteItemCommand({
      TableName: releasesTable(prefix),
      Key: KEY,
      ...isMine,
    });
    // `destroy` may have deleted the table, or the lock expired and another run holds it.
    await aws.dynamo.send(release).catch(() => {});
  }
}

/** Two runs at once are worse than one that stops, and AWS finishes what it was doing. */
function failureOf(message: string): Failure {
  return new Failure(
    'timedOut',
    `this run has lost its lock, so another one may have started: ${message}`,
    'AWS continues what it was doing. See infra/aws-deploy.sh status and history.',
  );
}

/** Throws the signal's reason also in `pause`. */
function withSignal(context: Context, signal: AbortSignal): Context {
  return {
    ...context,
    signal,
    async pause() {
      await context.pause();
      signal.throwIfAborted();
    },
  };
}

/** A container may run as a user that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? ''}`;
  }
}

/** Seconds since 1970. */
function now(): number {
  return Math.floor(Date.now() / 1000);
}
