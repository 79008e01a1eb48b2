/** What a task printed. */

import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../core/context.ts';

/** The last lines of a task, oldest first; none when it never got as far as printing. */
export async function linesOf({ aws, prefix }: Context, taskId: string, limit = 100): Promise<string[]> {
  try {
    const { events = [] } = await aws.logs.send(
      new GetLogEventsCommand({
        logGroupName: `/ecs/${prefix}`,
        // Prefix, container and task: constructs/api-tasks.ts.
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
