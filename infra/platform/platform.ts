/**
 * Composes the platform: the stacks of each environment, which get what they need from here and
 * import no other stack.
 */

import { type App, Tags } from 'aws-cdk-lib';
import {
  APPLICATION,
  chosen,
  ENVIRONMENTS,
  type Environment,
  type EnvironmentName,
  prefixOf,
} from './environments.ts';
import { BaseStack } from './stacks/base-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { ServiceStack } from './stacks/service-stack.ts';
import { SharedStack } from './stacks/shared-stack.ts';

export interface PlatformProps {
  /** The start of the subject of the repository's OIDC tokens, as `repo:owner@1/name@2`. */
  readonly githubSubject: string;
  /** The names of the availability zones of an environment. */
  readonly zones: (name: EnvironmentName) => readonly string[];
  /** By default those of environments.ts; tests try other choices. */
  readonly environments?: Readonly<Record<EnvironmentName, Environment>>;
}

/** The stack that exists once per account. */
export const SHARED = `${APPLICATION}-shared`;

/** The stacks of an environment, in the order of their dependencies. */
export function stacksOf(prefix: string): string[] {
  return ['base', 'data', 'service'].map((kind) => `${prefix}-${kind}`);
}

/** Adds every stack to the app. */
export function addPlatform(
  app: App,
  { githubSubject, zones, environments = ENVIRONMENTS }: PlatformProps,
): void {
  const { repository, github } = new SharedStack(app, SHARED, {
    description: `${APPLICATION}: the registry and the trust in GitHub Actions, shared by all environments`,
    githubSubject,
  });
  for (const name of Object.keys(ENVIRONMENTS) as EnvironmentName[]) {
    const environment = environments[name];
    const prefix = prefixOf(name);
    const about = (what: string) => ({
      description: `${APPLICATION}, ${name}: ${what}`,
      terminationProtection: chosen(environment.database.deletionProtection),
      environment,
      prefix,
    });
    const base = new BaseStack(app, `${prefix}-base`, {
      ...about('the network, the topic for alarms, the ledger of releases'),
      zones: zones(name),
    });
    const data = new DataStack(app, `${prefix}-data`, {
      ...about('the database and its copies'),
      vpc: base.network.vpc,
      databaseGroup: base.network.databaseGroup,
      topic: base.topic,
    });
    const service = new ServiceStack(app, `${prefix}-service`, {
      ...about('the load balancer, the definitions of the tasks, alarms, the role that releases'),
      name,
      network: base.network,
      topic: base.topic,
      releases: base.releases,
      repository,
      github,
      githubSubject,
      database: data.database,
    });
    for (const stack of [base, data, service]) Tags.of(stack).add('environment', name);
  }
  Tags.of(app).add('application', APPLICATION);
}
