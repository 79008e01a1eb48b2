/** Revisions of the two task definitions. A release registers one of each with its image. */

import {
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { readTaskSettings } from './definitions.ts';
import { type Image, tagOf } from './images.ts';

/** A label of the container with the tag, because the image is named by its digest. */
const TAG_LABEL = 'cars-api.tag';

/** @param name an ARN, or `family:revision`. */
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

/** The same, with the tag that the registry has for the digest when the revision has no label. */
export async function readImage(
  context: Context,
  taskDefinition: string,
): Promise<{ digest?: string; tag?: string }> {
  const image = imageOf(await readTaskDefinition(context, taskDefinition));
  if (image.digest === undefined || image.tag !== undefined) return image;
  return { ...image, tag: await tagOf(context, image.digest) };
}

/** Registers the settings of a kind of task with this image. @returns the ARN of the revision. */
export async function registerWithImage(
  context: Context,
  kind: 'serve' | 'migrate',
  image: Image,
): Promise<string> {
  const { containerDefinitions, ...settings } = await readTaskSettings(context, kind);
  const [container] = containerDefinitions;
  const { taskDefinition } = await context.aws.ecs.send(
    new RegisterTaskDefinitionCommand({
      ...settings,
      containerDefinitions: [
        {
          ...container,
          image: `${container.image}@${image.digest}`,
          dockerLabels: { [TAG_LABEL]: image.tag },
        },
      ],
    }),
  );
  return taskDefinition?.taskDefinitionArn ?? '';
}
