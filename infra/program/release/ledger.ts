/** The ledger of an environment's releases in DynamoDB: one item for each attempt. */

import { type AttributeValue, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { RELEASES_KEY, releasesTable } from '../../platform/contract.ts';
import type { Context } from '../core/context.ts';
import type { EXIT } from '../core/exit-codes.ts';

export interface Release {
  readonly kind: 'deploy' | 'rollback';
  readonly tag: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly schema: number | undefined;
  /** An ARN. */
  readonly who: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The settings that it changed besides the image; empty if none. */
  readonly settings: string;
  readonly seconds: number;
  /** Remains `started` when the program was killed: then only ECS knows the result. */
  readonly result: 'started' | 'live' | keyof typeof EXIT;
}

const PARTITION = 'release';

/** Writes an attempt, or overwrites it with its result. */
export async function writeRelease({ aws, prefix }: Context, release: Release): Promise<void> {
  const { seconds, schema, ...texts } = release;
  await aws.dynamo.send(
    new PutItemCommand({
      TableName: releasesTable(prefix),
      Item: {
        [RELEASES_KEY.partition]: { S: PARTITION },
        [RELEASES_KEY.sort]: { S: release.startedAt },
        ...Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, { S: value }])),
        seconds: { N: String(seconds) },
        ...(schema !== undefined && { schema: { N: String(schema) } }),
      },
    }),
  );
}

/** Results of releases that ECS may have finished after the program stopped watching. */
const OPEN: readonly Release['result'][] = [
  'started',
  'timedOut',
  'expiredCredentials',
  'interrupted',
  'locked',
  'fault',
];

/**
 * Corrects the newest release if it has become live after all: otherwise a later rollback would skip
 * it.
 */
export async function recordLive(context: Context, liveDigest: string | undefined): Promise<void> {
  const [newest] = await readLedger(context);
  if (newest === undefined || newest.digest !== liveDigest || !OPEN.includes(newest.result)) return;
  // Nobody saw when it became live, so it counts until now.
  const seconds = (Date.now() - Date.parse(newest.startedAt)) / 1000;
  await writeRelease(context, { ...newest, result: 'live', seconds });
}

/** Newest first. */
export async function readLedger({ aws, prefix }: Context): Promise<Release[]> {
  const releases: Release[] = [];
  for await (const { Items = [] } of paginateQuery(
    { client: aws.dynamo },
    {
      TableName: releasesTable(prefix),
      KeyConditionExpression: `${RELEASES_KEY.partition} = :release`,
      ExpressionAttributeValues: { ':release': { S: PARTITION } },
      ScanIndexForward: false,
    },
  )) {
    releases.push(...Items.map(toRelease));
  }
  return releases;
}

/**
 * The release before the live one. A rollback undoes every release after its target, so that a
 * second rollback goes further back, and never forward to a release that was abandoned.
 *
 * @param ledger newest first.
 */
export function releaseBefore(ledger: readonly Release[], liveDigest: string): Release | undefined {
  const stack: Release[] = [];
  for (const release of ledger.toReversed()) {
    if (release.result !== 'live') continue;
    const known = stack.findLastIndex(({ digest }) => digest === release.digest);
    if (release.kind === 'rollback' && known !== -1) stack.length = known;
    if (stack.at(-1)?.digest === release.digest) stack.pop();
    stack.push(release);
  }
  // If something else deployed the live image, the newest release in the ledger is the one to go
  // back to.
  return stack.at(-1)?.digest === liveDigest ? stack.at(-2) : stack.at(-1);
}

function toRelease(item: Record<string, AttributeValue>): Release {
  const text = (name: string) => item[name]?.S ?? '';
  return {
    kind: text('kind') as Release['kind'],
    tag: text('tag'),
    digest: text('digest'),
    schema: item['schema']?.N === undefined ? undefined : Number(item['schema'].N),
    who: text('who'),
    startedAt: text('startedAt'),
    settings: text('settings'),
    seconds: Number(item['seconds']?.N),
    result: text('result') as Release['result'],
  };
}
