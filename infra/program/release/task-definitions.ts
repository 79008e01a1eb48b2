/** Revisions of the two task definitions. A release is the platform's newest revision with another image. */

import {
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import type { Image } from './images.ts';

/** A label of the container, which holds the tag beside the digest that the image is named by. */
const TAG_LABEL = 'cars-api.tag';

/** The newest revision of a family, or the one that is named. */
export async function readTaskDefinition({ aws }: Context, name: string): Promise<TaskDefinition> {
  const { taskDefinition } = await aws.ecs
    .send(new DescribeTaskDefinitionCommand({ taskDefinition: name }))
    .catch((error: Error) => {
      // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html
      if (error.name === 'ClientException') return { taskDefinition: undefined };
      throw error;
    });
  if (taskDefinition === undefined)
    throw new Failure('refused', `there is no task definition ${name}`, 'Run setup first.');
  return taskDefinition;
}

/** What a revision runs: its digest, and the tag that the release program has noted. */
export function imageOf({ containerDefinitions = [] }: TaskDefinition): { digest?: string; tag?: string } {
  const [{ image = '', dockerLabels = {} } = {}] = containerDefinitions;
  const [, digest] = /@(sha256:[0-9a-f]{64})$/.exec(image) ?? [];
  const tag = dockerLabels[TAG_LABEL];
  return { ...(digest !== undefined && { digest }), ...(tag !== undefined && { tag }) };
}

/** Registers the newest revision of a family once more, with this image. @returns its ARN. */
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
