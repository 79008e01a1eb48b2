/** The platform as CloudFormation will see it, synthesised once for all tests of a file. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { ENVIRONMENTS, type Environment, type EnvironmentName } from '../../platform/environments.ts';
import { type Live, NOTHING_LIVE } from '../../platform/live.ts';
import { addPlatform } from '../../platform/platform.ts';

export interface Resource {
  readonly stack: string;
  readonly id: string;
  readonly type: string;
  // What CloudFormation has for each type is its own; tests look at what they are about.
  // biome-ignore lint/suspicious/noExplicitAny: templates are JSON of every shape
  readonly properties: any;
  readonly deletionPolicy: string | undefined;
  readonly updateReplacePolicy: string | undefined;
}

export interface Platform {
  readonly templates: ReadonlyMap<string, object>;
  readonly resources: readonly Resource[];
  /** The resources of a type, of stacks whose name begins so. */
  of(type: string, stackPrefix?: string): Resource[];
}

const { context } = JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8'));

export function synthesise(
  live: Partial<Record<EnvironmentName, Live>> = {},
  environments: Readonly<Record<EnvironmentName, Environment>> = ENVIRONMENTS,
): Platform {
  const app = new App({ context, analyticsReporting: false });
  addPlatform(app, {
    githubRepository: 'example/cars-api',
    live: (name) => live[name] ?? NOTHING_LIVE,
    environments,
  });
  const { stacks } = app.synth();
  const templates = new Map(stacks.map((stack) => [stack.stackName, stack.template as object]));
  const resources = [...templates].flatMap(([stack, template]) =>
    Object.entries((template as { Resources: Record<string, Record<string, unknown>> }).Resources).map(
      ([id, resource]): Resource => ({
        stack,
        id,
        type: String(resource['Type']),
        properties: resource['Properties'] ?? {},
        deletionPolicy: resource['DeletionPolicy'] as string | undefined,
        updateReplacePolicy: resource['UpdateReplacePolicy'] as string | undefined,
      }),
    ),
  );
  return {
    templates,
    resources,
    of: (type, stackPrefix = '') =>
      resources.filter((resource) => resource.type === type && resource.stack.startsWith(stackPrefix)),
  };
}
