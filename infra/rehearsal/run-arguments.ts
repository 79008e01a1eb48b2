/** Translates a container definition to the arguments of `docker run`. */

import type { ContainerDefinition } from '@aws-sdk/client-ecs';

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html */
export function argumentsOf(container: ContainerDefinition): string[] {
  const { user, readonlyRootFilesystem, linuxParameters, portMappings = [], stopTimeout } = container;
  return [
    ...(user ? ['--user', user] : []),
    ...(readonlyRootFilesystem ? ['--read-only'] : []),
    ...(linuxParameters?.capabilities?.drop ?? []).flatMap((name) => ['--cap-drop', name]),
    ...(stopTimeout ? ['--stop-timeout', String(stopTimeout)] : []),
    ...portMappings.flatMap(({ containerPort }) => ['--publish', `127.0.0.1::${containerPort}`]),
    // Fargate ignores the health check of the image.
    '--no-healthcheck',
  ];
}
