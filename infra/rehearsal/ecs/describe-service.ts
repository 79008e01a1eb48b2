/**
 * Describes a service as ECS does:
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html
 */

import type { CreateServiceCommandInput, Deployment, Service } from '@aws-sdk/client-ecs';
import { arn } from './local-platform.ts';
import type { Rollout, Rollouts } from './rollouts.ts';
import type { Task } from './task-board.ts';

/** ECS returns this many events. */
const EVENTS = 100;

export interface ServiceState {
  /** Of the cluster and of the service. */
  readonly name: string;
  readonly status: string;
  readonly desired: number;
  readonly settings: CreateServiceCommandInput;
  readonly rollouts: Rollouts;
  /** Those that have not stopped. */
  readonly tasks: readonly Task[];
}

export function describeService({ name, status, desired, settings, rollouts, tasks }: ServiceState): Service {
  const { primary, older, events } = rollouts;
  const { launchType, loadBalancers, networkConfiguration, deploymentConfiguration } = settings;

  const describe = (rollout: Rollout): Deployment => ({
    id: rollout.id,
    status: rollout === primary ? 'PRIMARY' : 'ACTIVE',
    taskDefinition: rollout.definition.taskDefinitionArn,
    desiredCount: rollout === primary ? desired : 0,
    ...countTasks(tasks.filter(({ owner }) => owner === rollout.id)),
    failedTasks: rollout.failedTasks,
    createdAt: rollout.startedAt,
    launchType,
    rolloutState: rollout.state,
    rolloutStateReason: rollout.reason,
  });

  return {
    serviceName: name,
    serviceArn: arn('ecs', `service/${name}/${name}`),
    clusterArn: arn('ecs', `cluster/${name}`),
    status,
    desiredCount: desired,
    ...countTasks(tasks),
    launchType,
    taskDefinition: primary.definition.taskDefinitionArn,
    currentServiceDeployment: (primary.rollbackOf ?? primary).record.serviceDeploymentArn,
    loadBalancers,
    networkConfiguration,
    deploymentConfiguration,
    deployments: [primary, ...older].map(describe),
    events: events.slice(0, EVENTS),
  };
}

function countTasks(tasks: readonly Task[]): Pick<Service, 'pendingCount' | 'runningCount'> {
  return {
    pendingCount: tasks.filter(({ state }) => state === 'PENDING').length,
    runningCount: tasks.filter(({ state }) => state === 'RUNNING').length,
  };
}
