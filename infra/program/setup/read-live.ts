/** Reads the live image and the number of tasks, so that a platform change keeps both. */

import { DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { ENVIRONMENTS, type EnvironmentName, prefixOf } from '../../platform/environments.ts';
import { type Live, NOTHING_LIVE } from '../../platform/live.ts';
import type { Aws } from '../core/aws.ts';
import { findActiveService } from '../release/service.ts';
import { imageOf } from '../release/task-definitions.ts';

/** Reads all environments, because they are synthesised together. */
export async function readLive(aws: Aws): Promise<Map<EnvironmentName, Live>> {
  const names = Object.keys(ENVIRONMENTS) as EnvironmentName[];
  return new Map(
    await Promise.all(names.map(async (name) => [name, await liveOf(aws, prefixOf(name))] as const)),
  );
}

async function liveOf(aws: Aws, prefix: string): Promise<Live> {
  const service = await findActiveService(aws, prefix);
  if (service === undefined) return NOTHING_LIVE;
  const { taskDefinition } = await aws.ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: service.taskDefinition }),
  );
  const { digest } = taskDefinition === undefined ? {} : imageOf(taskDefinition);
  return { ...(digest !== undefined && { digest }), tasks: service.desiredCount ?? 0 };
}
