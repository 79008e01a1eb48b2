/** The settings of the service, from the input of `CreateService` and `UpdateService`. */

import type { NetworkConfiguration } from '@aws-sdk/client-ecs';
import type { Document } from './handler.ts';
import { arn, type LocalPlatform } from './local-platform.ts';

export interface ServiceSettings {
  readonly name: string;
  readonly clusterArn: string;
  readonly serviceArn: string;
  readonly port: number;
  readonly targetGroupArn: string;
  readonly networkConfiguration: NetworkConfiguration;
  readonly healthCheckGracePeriod: number;
  readonly deployment: {
    readonly minimumHealthyPercent: number;
    readonly maximumPercent: number;
    readonly circuitBreaker: { readonly enable: boolean; readonly rollback: boolean };
    readonly alarms: { readonly enable: boolean; readonly rollback: boolean; readonly alarmNames: string[] };
  };
  readonly bakeTime: number;
}

export function readSettings({ name, bakeTime }: LocalPlatform, input: Document): ServiceSettings {
  const { networkConfiguration, loadBalancers, healthCheckGracePeriodSeconds } = input;
  const { deploymentCircuitBreaker, ...deployment } = input['deploymentConfiguration'];
  return {
    name,
    clusterArn: arn('ecs', `cluster/${name}`),
    serviceArn: arn('ecs', `service/${name}/${name}`),
    port: loadBalancers[0].containerPort,
    targetGroupArn: loadBalancers[0].targetGroupArn,
    networkConfiguration,
    healthCheckGracePeriod: healthCheckGracePeriodSeconds,
    deployment: { ...deployment, circuitBreaker: deploymentCircuitBreaker },
    bakeTime,
  };
}
