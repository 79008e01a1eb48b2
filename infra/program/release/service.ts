/** Finds the ECS service of an environment. */

import { DescribeServicesCommand, type Service } from '@aws-sdk/client-ecs';
import type { Aws } from '../core/aws.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';

/** Undefined when the environment does not exist. */
export async function findActiveService(aws: Aws, prefix: string): Promise<Service | undefined> {
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
  const service = await findActiveService(aws, prefix);
  if (service !== undefined) return service;
  const option = name === 'production' ? '' : ` --environment ${name}`;
  throw new Failure(
    'refused',
    `${name} does not exist in this account and region`,
    `Run infra/aws-deploy.sh setup${option} first.`,
  );
}
