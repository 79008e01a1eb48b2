/** The limits and targets of autoscaling, which each release applies. */

import {
  DescribeScalableTargetsCommand,
  type MetricType,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
  type ScalableTarget,
} from '@aws-sdk/client-application-auto-scaling';
import type { ServiceDefinition } from '../../platform/contract.ts';
import type { Context } from '../core/context.ts';

/** Seconds after a change of the number of tasks, before the next one. */
const COOLDOWN = { in: 300, out: 60 };

/** The limits that apply now; undefined before the first release. */
export async function readScaling({ aws, prefix }: Context): Promise<ScalableTarget | undefined> {
  const { ScalableTargets: [scaling] = [] } = await aws.autoScaling.send(
    new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs', ResourceIds: [resourceOf(prefix)] }),
  );
  return scaling;
}

const resourceOf = (prefix: string) => `service/${prefix}/${prefix}`;

export async function applyScaling({ aws, prefix }: Context, definition: ServiceDefinition): Promise<void> {
  const target = {
    ServiceNamespace: 'ecs',
    ResourceId: resourceOf(prefix),
    ScalableDimension: 'ecs:service:DesiredCount',
  } as const;
  const { min, max } = definition.tasks;
  await aws.autoScaling.send(
    new RegisterScalableTargetCommand({ ...target, MinCapacity: min, MaxCapacity: max }),
  );
  const { cpu, memory, requests } = definition.target;
  const policies: [name: string, metric: MetricType, value: number][] = [
    ['cpu', 'ECSServiceAverageCPUUtilization', cpu],
    ['memory', 'ECSServiceAverageMemoryUtilization', memory],
    ['requests', 'ALBRequestCountPerTarget', requests],
  ];
  for (const [name, metric, value] of policies) {
    await aws.autoScaling.send(
      new PutScalingPolicyCommand({
        ...target,
        PolicyName: name,
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: value,
          PredefinedMetricSpecification: {
            PredefinedMetricType: metric,
            ...(name === 'requests' && { ResourceLabel: definition.requestsLabel }),
          },
          ScaleInCooldown: COOLDOWN.in,
          ScaleOutCooldown: COOLDOWN.out,
          // Node keeps the heap that it has grown to, so memory must not keep tasks from stopping.
          DisableScaleIn: name === 'memory',
        },
      }),
    );
  }
}
