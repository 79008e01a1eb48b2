/** The ECS service of an environment, as it is now. */

import { DescribeServicesCommand, type Service } from '@aws-sdk/client-ecs';
import type { Aws } from '../core/aws.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';

/** Undefined when the environment was not set up. */
export async function lookForService(aws: Aws, prefix: string): Promise<Service | undefined> {
  const { services = [] } = await aws.ecs
    .send(new DescribeServicesCommand({ cluster: prefix, services: [prefix] }))
    .catch((error: Error) => {
      if (error.name === 'ClusterNotFoundException') return { services: [] };
      throw error;
    });
  return services.find(({ status }) => status === 'ACTIVE');
}

/** Throws {@link Failure} `refused` when there is none. */
export async function findService({ aws, prefix, name }: Context): Promise<Service> {
  const service = await lookForService(aws, prefix);
  if (service !== undefined) return service;
  const option = name === 'production' ? '' : ` --environment ${name}`;
  throw new Failure('refused', `there is no ${name} here`, `Run infra/aws-deploy.sh setup${option} first.`);
}
