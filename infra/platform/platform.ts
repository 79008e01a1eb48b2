/**
 * Composes the platform: the stacks of each environment, which get what they need from here and
 * import no other stack.
 */

import { type App, Tags } from 'aws-cdk-lib';
import { ENVIRONMENTS, type Environment, type EnvironmentName, prefixOf } from './environments.ts';
import type { Live } from './live.ts';
import { AlertsStack } from './stacks/alerts-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { DeliveryStack } from './stacks/delivery-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { ObservabilityStack } from './stacks/observability-stack.ts';
import { ReleasesStack } from './stacks/releases-stack.ts';
import { ServiceStack } from './stacks/service-stack.ts';
import { SharedStack } from './stacks/shared-stack.ts';

export interface PlatformProps {
  /** `owner/name`: the GitHub repository whose pipeline may release. */
  readonly githubRepository: string;
  readonly live: (name: EnvironmentName) => Live;
  /** By default those of environments.ts; tests try other choices. */
  readonly environments?: Readonly<Record<EnvironmentName, Environment>>;
}

/** The stack that exists once per account. */
export const SHARED = 'cars-api-shared';

/** Adds every stack to the app. */
export function addPlatform(
  app: App,
  { githubRepository, live, environments = ENVIRONMENTS }: PlatformProps,
): void {
  const { repository, github } = new SharedStack(app, SHARED, {
    description: 'cars-api: the registry and the trust in GitHub Actions, shared by all environments',
    githubRepository,
  });
  for (const name of Object.keys(ENVIRONMENTS) as EnvironmentName[]) {
    const environment = environments[name];
    const prefix = prefixOf(name);
    const about = (what: string) => ({
      description: `cars-api, ${name}: ${what}`,
      terminationProtection: name === 'production',
    });
    const common = { environment, prefix };

    const releases = new ReleasesStack(app, `${prefix}-releases`, {
      ...about('the lock and the ledger of releases'),
      ...common,
    });
    const network = new NetworkStack(app, `${prefix}-network`, { ...about('the network'), ...common });
    const data = new DataStack(app, `${prefix}-data`, {
      ...about('the database and its passwords'),
      ...common,
      ...pick(network),
    });
    const alerts = new AlertsStack(app, `${prefix}-alerts`, { ...about('the topic for alarms'), ...common });
    const service = new ServiceStack(app, `${prefix}-service`, {
      ...about('the tasks and their load balancer'),
      ...common,
      ...pick(network),
      live: live(name),
      repository,
      database: data.database,
      masterSecret: data.masterSecret,
      appSecret: data.appSecret,
      topic: alerts.topic,
    });
    const parts = { service: service.service, logGroup: service.logGroup };
    const observability = new ObservabilityStack(app, `${prefix}-observability`, {
      ...about('alarms and the dashboard'),
      ...common,
      ...parts,
      isLive: live(name).tasks > 0,
      loadBalancer: service.loadBalancer,
      database: data.database,
      topic: alerts.topic,
    });
    const delivery = new DeliveryStack(app, `${prefix}-delivery`, {
      ...about('the role that releases'),
      name,
      prefix,
      githubRepository,
      github,
      repository,
      tasks: service.tasks,
      secrets: [data.masterSecret, data.appSecret],
      releases: releases.table,
    });
    for (const stack of [releases, network, data, alerts, service, observability, delivery])
      Tags.of(stack).add('environment', name);
  }
  Tags.of(app).add('application', 'cars-api');
}

function pick({ vpc, loadBalancerGroup, taskGroup, databaseGroup }: NetworkStack) {
  return { vpc, loadBalancerGroup, taskGroup, databaseGroup };
}
