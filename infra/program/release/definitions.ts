/**
 * The definitions that `setup` wrote, which a release combines with an image: of the two kinds of
 * tasks, and of the service.
 */

import type { ContainerDefinition, RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { definitionName, type ServiceDefinition } from '../../platform/contract.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { secretOfLiveDatabase } from './databases.ts';

/** The input of `RegisterTaskDefinition`; the image of its container has no digest yet. */
export type TaskSettings = Omit<RegisterTaskDefinitionCommandInput, 'containerDefinitions'> & {
  readonly containerDefinitions: readonly [ContainerDefinition];
};

/**
 * With the secret that the database has now. Throws {@link Failure} `refused` before `setup`.
 */
export async function readTaskSettings(context: Context, kind: 'serve' | 'migrate'): Promise<TaskSettings> {
  const settings = (await read(context, kind)) as TaskSettings;
  const [container] = settings.containerDefinitions;
  const secrets = await Promise.all(
    (container.secrets ?? []).map(async ({ name, valueFrom = '' }) => ({
      name,
      valueFrom: await secretOfLiveDatabase(context, valueFrom),
    })),
  );
  return { ...settings, containerDefinitions: [{ ...container, secrets }] };
}

/** Throws {@link Failure} `refused` before `setup`. */
export function readServiceDefinition(context: Context): Promise<ServiceDefinition> {
  return read(context, 'service') as Promise<ServiceDefinition>;
}

async function read(
  { aws, prefix, name }: Context,
  kind: Parameters<typeof definitionName>[1],
): Promise<unknown> {
  try {
    const { Parameter } = await aws.ssm.send(new GetParameterCommand({ Name: definitionName(prefix, kind) }));
    return JSON.parse(Parameter?.Value ?? '');
  } catch (error) {
    if ((error as Error).name !== 'ParameterNotFound') throw error;
    throw new Failure(
      'refused',
      `${name} does not exist in this account and region`,
      'Run infra/aws-deploy.sh setup first.',
    );
  }
}
