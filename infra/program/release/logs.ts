/**
 * `logs`: prints what all tasks logged recently; with `--follow` also what they log from now on.
 */

import { type FilteredLogEvent, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../core/context.ts';

/** @param minutes how far back to start. */
export async function logs(
  context: Context,
  { minutes, follow }: { readonly minutes: number; readonly follow: boolean },
): Promise<void> {
  const { aws, prefix, terminal } = context;
  const logGroupName = `/ecs/${prefix}`;
  const seen = new Set<string>();
  let from = Date.now() - minutes * 60_000;
  const show = ({ eventId = '', logStreamName = '', message = '', timestamp = 0 }: FilteredLogEvent) => {
    if (seen.has(eventId)) return;
    seen.add(eventId);
    from = Math.max(from, timestamp);
    terminal.print(`${logStreamName.split('/').at(-1)?.slice(0, 8)} ${message.trimEnd()}`);
  };
  for (;;) {
    const pages = paginateFilterLogEvents({ client: aws.logs }, { logGroupName, startTime: from });
    for await (const { events = [] } of pages) events.forEach(show);
    if (!follow) return;
    await context.pause();
  }
}
