/**
 * What a release asks of AWS and moto 5.2.5 has not, added in front of it. Here is all of it; every other request goes to moto as it came:
 *
 * - ECR `GetDownloadUrlForLayer`: moto answers 501, "not yet implemented". The address leads to what was pushed.
 * - ECS `RunTask`: moto notes the task, runs nothing and has it stopped with exit code 0 a few questions later. So nothing is printed:
 *   the lines that the test says are put into moto's own log.
 *
 * Not added, because no test of it asks: `ListServiceDeployments`, `DescribeServiceDeployments` and `StopServiceDeployment` (500).
 */

import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { ECSClient, RunTaskCommand, type RunTaskCommandInput } from '@aws-sdk/client-ecs';
import type { Document, Handler } from '../../rehearsal/ecs/handler.ts';
import { type LocalAws, startLocalAws } from '../../rehearsal/ecs/server.ts';
import type { Moto } from './moto.ts';

export interface MotoGaps extends LocalAws {
  /** Every task that was asked for: its definition, and its command where it is not the image's own. */
  readonly ran: readonly { readonly taskDefinition: string; readonly command: readonly string[] }[];
}

export interface MotoGapsOptions {
  readonly moto: Moto;
  /** Where tasks log. */
  readonly logGroupName: string;
  /** The content of a blob that was pushed. */
  readonly blob: (digest: string) => string | undefined;
  /** What a task of this command prints. */
  readonly says: (command: readonly string[]) => readonly string[];
}

export async function fillMotoGaps({ moto, logGroupName, blob, says }: MotoGapsOptions): Promise<MotoGaps> {
  const ecs = new ECSClient(moto.client);
  const logs = new CloudWatchLogsClient(moto.client);
  const ran: { taskDefinition: string; command: readonly string[] }[] = [];

  const addressOfBlob: Handler = (action, { layerDigest }) =>
    action === 'GetDownloadUrlForLayer'
      ? { layerDigest, downloadUrl: `${aws.url}/blobs/${layerDigest}` }
      : undefined;

  const runTask: Handler = async (action, input) => {
    if (action !== 'RunTask') return undefined;
    const { tasks = [], failures } = await ecs.send(new RunTaskCommand(input as RunTaskCommandInput));
    for (const { taskArn, taskDefinitionArn = '', overrides } of tasks) {
      const command = overrides?.containerOverrides?.[0]?.command ?? [];
      ran.push({ taskDefinition: taskDefinitionArn, command });
      // As the task definitions have it: prefix, container, task.
      const stream = { logGroupName, logStreamName: `api/api/${taskArn?.split('/').at(-1)}` };
      const logEvents = says(command).map((message) => ({ message, timestamp: Date.now() }));
      await logs.send(new CreateLogStreamCommand(stream));
      await logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
    }
    return { tasks, failures } satisfies Document;
  };

  const aws = await startLocalAws({
    services: { ecr: addressOfBlob, ecs: runTask },
    blob,
    otherwise: moto.url,
  });
  return { ...aws, ran };
}
