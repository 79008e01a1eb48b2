/** Reads what a task logged. */

import { paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../core/context.ts';

/** The lines of a task, oldest first; empty if it logged nothing, or CloudWatch does not list it yet. */
export async function readLogLines({ aws, prefix }: Context, taskId: string): Promise<string[]> {
  const lines: string[] = [];
  try {
    const pages = paginateFilterLogEvents(
      { client: aws.logs },
      // Prefix, container and task id: platform/constructs/api-tasks.ts.
      { logGroupName: `/ecs/${prefix}`, logStreamNames: [`api/api/${taskId}`] },
    );
    for await (const { events = [] } of pages) lines.push(...events.map(({ message = '' }) => message));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
  }
  return lines;
}
