/** Checks that a release makes before it changes anything. */

import type { Service } from '@aws-sdk/client-ecs';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { readTaskSettings } from './definitions.ts';

/** Throws {@link Failure} `refused` when another deployment is in progress. */
export function rejectDuringDeployment({ deployments = [] }: Service): void {
  const inProgress = deployments.find(({ rolloutState }) => rolloutState === 'IN_PROGRESS');
  if (inProgress === undefined) return;
  throw new Failure(
    'refused',
    `the deployment ${inProgress.id} is in progress: ${inProgress.rolloutStateReason ?? ''}`,
    'Wait for it (infra/aws-deploy.sh wait) or roll it back (infra/aws-deploy.sh abort).',
  );
}

/**
 * Throws {@link Failure} `refused` when tasks of these kinds need a role or a secret that does
 * not exist.
 */
export async function verifyRolesAndSecrets(
  context: Context,
  kinds: readonly ('serve' | 'migrate')[],
): Promise<void> {
  const definitions = await Promise.all(kinds.map((kind) => readTaskSettings(context, kind)));
  const roles = definitions.flatMap(({ taskRoleArn, executionRoleArn }) => [taskRoleArn, executionRoleArn]);
  const secrets = definitions.flatMap(
    ({ containerDefinitions }) => containerDefinitions[0].secrets?.map(({ valueFrom }) => valueFrom) ?? [],
  );
  await Promise.all([
    ...unique(roles).map((arn) =>
      exists(arn, () => context.aws.iam.send(new GetRoleCommand({ RoleName: lastOf(arn) }))),
    ),
    ...unique(secrets).map((reference) => {
      // …:secret:NAME-RANDOM:json-key:stage:version
      const arn = reference.split(':').slice(0, 7).join(':');
      return exists(arn, () => context.aws.secrets.send(new DescribeSecretCommand({ SecretId: arn })));
    }),
  ]);
}

async function exists(what: string, look: () => Promise<unknown>): Promise<void> {
  try {
    await look();
  } catch (error) {
    const names = ['NoSuchEntityException', 'NoSuchEntity', 'ResourceNotFoundException'];
    if (!(error instanceof Error) || !names.includes(error.name)) throw error;
    throw new Failure(
      'refused',
      `${what} does not exist, but tasks need it`,
      'Run infra/aws-deploy.sh setup.',
    );
  }
}

function unique(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts)].filter((text) => text !== undefined);
}

function lastOf(arn: string): string {
  return arn.split('/').at(-1) ?? '';
}
