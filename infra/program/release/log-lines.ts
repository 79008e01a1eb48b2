/** Reads what a task logged. */

import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../core/context.ts';

/** The last lines of a task, oldest first; empty if it logged nothing. */
export async function readLogLines({ aws, prefix }: Context, taskId: string, limit = 100): Promise<string[]> {
  try {
    const { events = [] } = await aws.logs.send(
      new GetLogEventsCommand({
        logGroupName: `/ecs/${prefix}`,
        // Prefix, container and task id: platform/constructs/api-tasks.ts.
        logStreamName: `api/api/${taskId}`,
        limit,
        startFromHead: false,
      }),
    );
    return events.map(({ message = '' }) => message);
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return [];
    throw error;
  }
}
