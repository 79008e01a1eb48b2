/**
 * `logs`: prints what all tasks logged recently; with `--follow` also what they log from now on.
 */

import { type FilteredLogEvent, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../core/context.ts';

/** How much later than others a line may arrive. */
const LATE_MILLISECONDS = 60_000;

/** @param minutes how far back to start. */
export async function logs(
  context: Context,
  { minutes, follow }: { readonly minutes: number; readonly follow: boolean },
): Promise<void> {
  const { aws, prefix, terminal } = context;
  const logGroupName = `/ecs/${prefix}`;
  const seen = new Set<string>();
  const start = Date.now() - minutes * 60_000;
  let newest = start;
  const show = ({ eventId = '', logStreamName = '', message = '', timestamp = 0 }: FilteredLogEvent) => {
    if (seen.has(eventId)) return;
    seen.add(eventId);
    newest = Math.max(newest, timestamp);
    terminal.print(`${logStreamName.split('/').at(-1)?.slice(0, 8)} ${message.trimEnd()}`);
  };
  for (;;) {
    // The lines of another task may arrive later than newer ones.
    const startTime = Math.max(start, newest - LATE_MILLISECONDS);
    const pages = paginateFilterLogEvents({ client: aws.logs }, { logGroupName, startTime });
    for await (const { events = [] } of pages) events.forEach(show);
    if (!follow) return;
    await context.pause();
  }
}
