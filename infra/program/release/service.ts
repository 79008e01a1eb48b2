/** Finds, creates and changes the ECS service of an environment. */

import {
  CreateServiceCommand,
  DescribeServicesCommand,
  type Service,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { IMAGE, type ServiceDefinition } from '../../platform/contract.ts';
import type { Aws } from '../core/aws.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { readServiceDefinition } from './definitions.ts';

/** Undefined before the first release. */
export async function findActiveService(aws: Aws, prefix: string): Promise<Service | undefined> {
  const { services = [] } = await aws.ecs
    .send(new DescribeServicesCommand({ cluster: prefix, services: [prefix] }))
    .catch((error: Error) => {
      if (error.name === 'ClusterNotFoundException') return { services: [] };
      throw error;
    });
  return services.find(({ status }) => status === 'ACTIVE');
}

/** Throws {@link Failure} `refused` before `setup` and before the first release. */
export async function findService(context: Context): Promise<Service> {
  const service = await findActiveService(context.aws, context.prefix);
  if (service !== undefined) return service;
  await readServiceDefinition(context);
  throw new Failure('refused', 'no image was released yet', 'Release one first: docs/deploy/aws.md');
}

/**
 * Makes a revision live: creates the service with it, or starts a deployment. Both apply all
 * settings of the definition. Only a service without tasks gets a number of tasks; otherwise
 * autoscaling chooses it.
 */
export async function runRevision(
  { aws, prefix }: Context,
  definition: ServiceDefinition,
  taskDefinition: string,
): Promise<Service | undefined> {
  const settings = {
    cluster: prefix,
    taskDefinition,
    networkConfiguration: networkOf(definition),
    loadBalancers: [
      {
        targetGroupArn: definition.targetGroupArn,
        containerName: IMAGE.container,
        containerPort: definition.port,
      },
    ],
    healthCheckGracePeriodSeconds: definition.healthCheckGracePeriod,
    deploymentConfiguration: {
      // New tasks start before old ones stop, so that clients never have fewer tasks.
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      alarms: { enable: true, rollback: true, alarmNames: [...definition.alarms] },
    },
    availabilityZoneRebalancing: 'ENABLED' as const,
    propagateTags: 'SERVICE' as const,
    enableECSManagedTags: true,
    enableExecuteCommand: false,
  };
  const found = await findActiveService(aws, prefix);
  if (found === undefined) {
    const { service } = await aws.ecs.send(
      new CreateServiceCommand({
        ...settings,
        serviceName: prefix,
        launchType: 'FARGATE',
        desiredCount: definition.tasks.min,
        tags: Object.entries(definition.tags).map(([key, value]) => ({ key, value })),
      }),
    );
    return service;
  }
  const { service } = await aws.ecs.send(
    new UpdateServiceCommand({
      ...settings,
      service: prefix,
      // Without it, the same revision again would start no deployment to watch.
      forceNewDeployment: true,
      ...((found.desiredCount ?? 0) === 0 && { desiredCount: definition.tasks.min }),
    }),
  );
  return service;
}

/** The network of every task of the environment. */
export function networkOf({ subnets, securityGroups }: ServiceDefinition) {
  return {
    awsvpcConfiguration: {
      subnets: [...subnets],
      securityGroups: [...securityGroups],
      assignPublicIp: 'DISABLED' as const,
    },
  };
}
