/**
 * Describes a service as ECS does:
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html
 */

import type { Deployment, Service } from '@aws-sdk/client-ecs';
import type { Rollout, Rollouts } from './rollouts.ts';
import type { ServiceSettings } from './service-settings.ts';
import type { ServiceTasks } from './service-tasks.ts';

/** ECS returns this many events. */
const EVENTS = 100;

export function describeService(
  settings: ServiceSettings,
  rollouts: Rollouts,
  tasks: ServiceTasks,
  desired: number,
  status: string,
): Service {
  const { name, clusterArn, serviceArn, deployment } = settings;
  const { primary, older, events } = rollouts;

  const describe = (rollout: Rollout, status: 'PRIMARY' | 'ACTIVE'): Deployment => {
    const own = tasks.of(rollout);
    return {
      id: rollout.id,
      status,
      taskDefinition: rollout.definition.taskDefinitionArn,
      desiredCount: status === 'PRIMARY' ? desired : 0,
      pendingCount: own.filter(({ state }) => state === 'PENDING').length,
      runningCount: own.filter(({ state }) => state === 'RUNNING').length,
      failedTasks: rollout.failedTasks,
      createdAt: rollout.startedAt,
      launchType: 'FARGATE',
      rolloutState: rollout.state,
      rolloutStateReason: rollout.reason,
    };
  };

  return {
    serviceName: name,
    serviceArn,
    clusterArn,
    status,
    desiredCount: desired,
    runningCount: tasks.count('RUNNING'),
    pendingCount: tasks.count('PENDING'),
    launchType: 'FARGATE',
    taskDefinition: primary.definition.taskDefinitionArn,
    currentServiceDeployment: `${serviceArn.replace(':service/', ':service-deployment/')}/${(primary.rollbackOf ?? primary).id.slice(8)}`,
    loadBalancers: [
      { targetGroupArn: settings.targetGroupArn, containerName: 'api', containerPort: settings.port },
    ],
    networkConfiguration: settings.networkConfiguration,
    deploymentConfiguration: {
      maximumPercent: deployment.maximumPercent,
      minimumHealthyPercent: deployment.minimumHealthyPercent,
      deploymentCircuitBreaker: deployment.circuitBreaker,
      alarms: deployment.alarms,
    },
    deployments: [describe(primary, 'PRIMARY'), ...older.map((rollout) => describe(rollout, 'ACTIVE'))],
    events: events.slice(0, EVENTS),
  };
}
