/**
 * Revisions of the two task definitions. A release registers the newest revision with another
 * image.
 */

import {
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import type { Image } from './images.ts';

/** A label of the container with the tag, because the image is named by its digest. */
const TAG_LABEL = 'cars-api.tag';

/** @param name a family, for its newest revision, or an ARN. */
export async function readTaskDefinition({ aws }: Context, name: string): Promise<TaskDefinition> {
  const { taskDefinition } = await aws.ecs
    .send(new DescribeTaskDefinitionCommand({ taskDefinition: name }))
    .catch((error: Error) => {
      // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html
      if (error.name === 'ClientException') return { taskDefinition: undefined };
      throw error;
    });
  if (taskDefinition === undefined)
    throw new Failure(
      'refused',
      `there is no task definition ${name}`,
      'Run infra/aws-deploy.sh setup first.',
    );
  return taskDefinition;
}

/** The image that a revision runs: its digest, and the tag from {@link TAG_LABEL}. */
export function imageOf({ containerDefinitions = [] }: TaskDefinition): { digest?: string; tag?: string } {
  const [{ image = '', dockerLabels = {} } = {}] = containerDefinitions;
  const [, digest] = /@(sha256:[0-9a-f]{64})$/.exec(image) ?? [];
  const tag = dockerLabels[TAG_LABEL];
  return { ...(digest !== undefined && { digest }), ...(tag !== undefined && { tag }) };
}

/** Registers a copy of a family's newest revision with this image. @returns its ARN. */
export async function registerWithImage(context: Context, family: string, image: Image): Promise<string> {
  const { aws } = context;
  const {
    taskDefinitionArn: _arn,
    revision: _revision,
    status: _status,
    requiresAttributes: _requiresAttributes,
    compatibilities: _compatibilities,
    registeredAt: _registeredAt,
    registeredBy: _registeredBy,
    deregisteredAt: _deregisteredAt,
    containerDefinitions = [],
    ...kept
  } = await readTaskDefinition(context, family);
  const [container, ...others] = containerDefinitions;
  const repository = container?.image?.replace(/[@:][^/]*$/, '');
  const { taskDefinition } = await aws.ecs.send(
    new RegisterTaskDefinitionCommand({
      ...(kept as { family: string }),
      containerDefinitions: [
        {
          ...container,
          image: `${repository}@${image.digest}`,
          dockerLabels: { ...container?.dockerLabels, [TAG_LABEL]: image.tag },
        },
        ...others,
      ],
    }),
  );
  return taskDefinition?.taskDefinitionArn ?? '';
}
